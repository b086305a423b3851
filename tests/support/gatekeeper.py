"""A server on the loop of the test that can be asked thousands of times a second, and counts what it sold."""

import asyncio
from types import TracebackType
from typing import Self


class Gatekeeper(asyncio.Protocol):
    """``/sell`` sells the next pass, by cookie and as a bearer token; everything else wants the last one sold."""

    def __init__(self, door: "Door") -> None:
        self._door = door

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A request without a body, or with one in the same segment."""
        self._transport.write(self._door.answer(data))


class Door:
    """Where the gatekeepers stand; ``sold`` counts the passes."""

    def __init__(self) -> None:
        self.sold = 0
        self.valid = 0

    def revoke(self) -> None:
        """The last pass is good no more."""
        self.valid = 0

    def answer(self, request: bytes) -> bytes:
        if b" /sell " in request:
            self.sold += 1
            self.valid = self.sold
            return _answer(b"200 OK", b'{"access_token": "p%d"}' % self.sold, b"Set-Cookie: pass=p%d\r\n" % self.sold)
        shown = b"Cookie: pass=p%d\r\n" % self.valid, b"Authorization: Bearer p%d\r\n" % self.valid
        return _answer(b"200 OK" if any(line in request for line in shown) else b"401 Unauthorized")

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Gatekeeper(self), "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()


def _answer(status: bytes, body: bytes = b"", fields: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(body), fields, body)
