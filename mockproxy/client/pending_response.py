"""A request that is made when it is awaited or entered."""

from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import Any

from aiohttp import ClientResponse


class PendingResponse(Coroutine[object, object, ClientResponse]):
    """``response = await session.get(...)``, or ``async with session.get(...) as response``, which releases it.

    A coroutine, as what aiohttp's session gives: ``asyncio.create_task`` takes nothing else.
    """

    def __init__(self, request: Coroutine[object, object, ClientResponse]) -> None:
        self._request = request
        self._response: ClientResponse | None = None

    def send(self, value: object) -> object:
        return self._request.send(value)

    def throw(self, *error: Any) -> object:
        return self._request.throw(*error)

    def close(self) -> None:
        self._request.close()

    def __await__(self) -> Generator[object, object, ClientResponse]:
        return (yield from self._request.__await__())

    async def __aenter__(self) -> ClientResponse:
        self._response = await self._request
        return await self._response.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._response is not None
        await self._response.__aexit__(kind, error, traceback)
