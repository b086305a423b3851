"""A request that is made when it is awaited or entered."""

from collections.abc import Coroutine, Generator
from types import TracebackType

from aiohttp import ClientResponse


class PendingResponse:
    """``response = await session.get(...)``, or ``async with session.get(...) as response``, which releases it."""

    def __init__(self, request: Coroutine[object, object, ClientResponse]) -> None:
        self._request = request
        self._response: ClientResponse | None = None

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
