"""A client of octets."""

import socket
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support.raw import PATIENCE, RawMessage, Wire


class RawClient(Wire):
    """One connection to a server; sends what it is told and reads what comes."""

    def __init__(self, url: str, *, receive_buffer: int | None = None) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        sock = socket.socket()
        if receive_buffer is not None:
            # Has to be said before the connection is made, or the window is open already.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(PATIENCE)
        sock.connect((parts.hostname, parts.port or 80))
        super().__init__(sock)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.sock.getsockname()
        return host, port

    def response(self, method: str = "GET") -> RawMessage:
        """The next response, interim ones too; ``method`` is that of the request it answers."""
        return self.message(answers=method)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
