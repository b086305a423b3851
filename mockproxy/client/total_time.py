"""The time that a call may take, where it is more than one request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientTimeout


class TotalTime:
    """Runs from when it is made: what aiohttp's ``total`` is for one request, with all its redirects.

    None and 0 are no limit, as for aiohttp.
    """

    def __init__(self, timeout: ClientTimeout) -> None:
        self._timeout = timeout
        self._end = asyncio.get_running_loop().time() + timeout.total if timeout.total else None

    @asynccontextmanager
    async def bounding(self, what: str) -> AsyncIterator[None]:
        """Raises ``TimeoutError`` that names ``what`` when the time is over before this has ended."""
        limit = asyncio.timeout_at(self._end)
        try:
            async with limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise TimeoutError(f"{what}: the total of {self._timeout.total:g} s was over") from error

    def rest(self) -> ClientTimeout:
        """The same limits for what is left; raises ``TimeoutError`` where nothing is."""
        if self._end is None:
            return self._timeout
        rest = self._end - asyncio.get_running_loop().time()
        if rest <= 0:
            raise TimeoutError(f"the total of {self._timeout.total:g} s was over")
        return ClientTimeout(
            total=rest,
            connect=self._timeout.connect,
            sock_read=self._timeout.sock_read,
            sock_connect=self._timeout.sock_connect,
            ceil_threshold=self._timeout.ceil_threshold,
        )


def timeout_of(given: object, default: ClientTimeout) -> ClientTimeout:
    """What aiohttp makes of ``timeout=``; ``default`` is that of the session, for a request without one of its own."""
    if isinstance(given, ClientTimeout):
        return given
    if given is None or isinstance(given, int | float):
        return ClientTimeout(total=given)
    return default
