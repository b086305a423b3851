"""Responses that nobody will read."""

import asyncio
from contextlib import suppress

from aiohttp import ClientError, ClientResponse

# Reading a short rest keeps the connection; beyond this, opening another costs less.
_READ_AT_MOST = 64 * 1024
_WAIT_AT_MOST = 1.0


async def discard(response: ClientResponse) -> None:
    """Gives the connection back before anything else happens, and waits for what still sends the request.

    aiohttp gives back no connection of a response that was dropped unread: with ``TCPConnector(limit=1)`` the next
    request would wait for its own predecessor.
    Raises ``TimeoutError`` where the time for the whole call is over.
    """
    limit = asyncio.timeout(_WAIT_AT_MOST)
    async with response:
        # What is thrown away may be broken, and may be slow.
        with suppress(ClientError):
            try:
                async with limit:
                    await _read_some(response)
            except TimeoutError:
                # aiohttp's total timeout strikes once: swallowed, it would end nothing.
                if not limit.expired():
                    raise


async def _read_some(response: ClientResponse) -> None:
    size = 0
    while not response.content.at_eof() and size <= _READ_AT_MOST:
        size += len(await response.content.readany())
