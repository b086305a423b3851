"""A request of aiohttp's client, made to its end."""

from contextlib import AbstractAsyncContextManager

from aiohttp import ClientResponse


async def done(pending: AbstractAsyncContextManager[ClientResponse]) -> int:
    """The status of the answer, which is read and released: one that is dropped unread warns in some later test."""
    async with pending as response:
        await response.read()
        return response.status
