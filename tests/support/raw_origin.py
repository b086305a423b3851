"""An origin of octets: it does on each connection what a script says, and keeps exactly what it was sent."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tests.support.raw import PATIENCE, RawMessage, StreamEnded, Wire

Script = Callable[[Wire], None]
"""Speaks with one connection, which is closed when it returns."""


def answering(*replies: bytes) -> Script:
    """Answers every request that comes, on whatever connection; the last reply serves all that are left."""
    turns = list(replies)
    lock = threading.Lock()

    def script(peer: Wire) -> None:
        while True:
            peer.message()
            with lock:
                reply = turns.pop(0) if len(turns) > 1 else turns[0]
            peer.send(reply)

    return script


def answering_once(reply: bytes) -> Script:
    """Answers one request and closes the connection."""

    def script(peer: Wire) -> None:
        peer.message()
        peer.send(reply)

    return script


def silent(peer: Wire) -> None:
    """Takes what comes and never answers."""
    peer.rest()


class RawOrigin:
    """A listening socket; every connection is served by the script in a thread of its own."""

    def __init__(self, script: Script, *, receive_buffer: int | None = None) -> None:
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        if receive_buffer is not None:
            self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.port: int = self._listening.getsockname()[1]
        self.connections: list[Wire] = []
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []
        self._changed = threading.Condition()
        self._closing = False
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.authority}"

    @property
    def requests(self) -> list[RawMessage]:
        """What has come, connection by connection."""
        return [request for connection in self.connections for request in connection.messages]

    @property
    def request(self) -> RawMessage:
        (request,) = self.requests
        return request

    def connection(self, index: int = 0) -> Wire:
        """The connection that was accepted at this place; waits for it."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.connections) > index, PATIENCE), "nobody connected"
        return self.connections[index]

    def ending(self, connection: int = 0, *, within: float = 2.0) -> str | None:
        """How the peer ended a connection, FIN or RST; None where the script ended it.  Fails where it still lives."""
        self.connection(connection)
        self._threads[connection].join(within)
        assert not self._threads[connection].is_alive(), f"connection {connection} lives after {within} s"
        return self.connections[connection].ended

    def _accept(self) -> None:
        while True:
            sock, _ = self._listening.accept()
            if self._closing:
                sock.close()
                return
            wire = Wire(sock)
            thread = threading.Thread(target=self._serve, args=(wire,), daemon=True)
            with self._changed:
                self._threads.append(thread)
                self.connections.append(wire)
                thread.start()
                self._changed.notify_all()

    def _serve(self, wire: Wire) -> None:
        try:
            self._script(wire)
        except StreamEnded:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the test ends
            self._failures.append(error)
        finally:
            wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing = True
        # Closing a socket does not wake the thread that accepts on it everywhere; a connection does.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
        self._acceptor.join(PATIENCE)
        self._listening.close()
        for thread in self._threads:
            thread.join(PATIENCE)
        if self._failures and error is None:
            raise self._failures[0]
