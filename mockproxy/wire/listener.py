"""A port that connections are accepted at."""

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from mockproxy.errors import ConfigurationError
from mockproxy.messages.connection import Connection

# A test may send a thousand requests at once, and Linux holds back those beyond the queue for a second and more.
_BACKLOG = 1024
# As long as asyncio waits when no file is left, shortened to what a test can bear.
_RETRY_TIME = 0.1


class AcceptedConnection(Protocol):
    """What a listener asks of the protocol of a connection."""

    async def stop(self) -> None: ...


class Listener:
    """A listening socket and the connections it has accepted; all of them end with it."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._wanted_port = port
        self._socket: socket.socket | None = None
        self._accepting = False
        self._arriving: set[asyncio.Task[object]] = set()
        self.live: set[AcceptedConnection] = set()
        self.port = 0

    def bind(self) -> None:
        """Takes the port; from now on clients may connect, and wait until ``accept`` takes them in."""
        try:
            self._socket = socket.create_server((self._host, self._wanted_port), backlog=_BACKLOG)
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on {self._host}:{self._wanted_port}: {error.strerror}; "
                "port=0 lets the system choose a free one"
            ) from error
        self.port = self._socket.getsockname()[1]

    async def accept(self, connection: Callable[[], asyncio.BaseProtocol]) -> None:
        """Takes in what connects, on the running loop.

        A server of asyncio would do so too, but takes some turns of the loop to begin and to end, and loses a socket
        that it has accepted when it is closed before that became a connection (python/cpython#109564).
        """
        assert self._socket is not None
        self._socket.setblocking(False)
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._accepting = True
        self._loop.add_reader(self._socket, self._take_in)

    def _take_in(self) -> None:
        assert self._socket is not None
        try:
            accepted, _ = self._socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            # No file is left for another socket: those that wait are taken in when one is.
            self._loop.remove_reader(self._socket)
            self._loop.call_later(_RETRY_TIME, self._accept_again)
            self._loop.call_exception_handler({"message": "mockproxy cannot accept a connection", "exception": error})
            return
        accepted.setblocking(False)
        arriving = self._loop.create_task(self._loop.connect_accepted_socket(self._connection, accepted))
        self._arriving.add(arriving)
        arriving.add_done_callback(self._arriving.discard)

    def _accept_again(self) -> None:
        if self._accepting and self._socket is not None:
            self._loop.add_reader(self._socket, self._take_in)

    async def close(self) -> None:
        """Accepts nothing more and ends every connection."""
        if self._socket is None:
            return
        if self._accepting:
            self._accepting = False
            self._loop.remove_reader(self._socket)
        self._socket.close()
        self._socket = None
        if self._arriving:
            await asyncio.wait(self._arriving)
        if self.live:
            await asyncio.gather(*(connection.stop() for connection in list(self.live)))
            # One turn of the loop, in which the closed transports leave it.
            await asyncio.sleep(0)


def connection_of(transport: asyncio.Transport, *, accepted: bool) -> Connection:
    """The connection under a transport, named the same at both of its ends."""
    local = transport.get_extra_info("sockname") or ("", 0)
    peer = transport.get_extra_info("peername") or ("", 0)
    client, server = (peer, local) if accepted else (local, peer)
    return Connection((client[0], client[1]), (server[0], server[1]))
