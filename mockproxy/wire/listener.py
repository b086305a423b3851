"""A port that connections are accepted at."""

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from mockproxy.errors import ConfigurationError
from mockproxy.messages.connection import Connection

# A test may send a thousand requests at once, and Linux holds back those beyond the queue for a second and more.
_BACKLOG = 1024


class AcceptedConnection(Protocol):
    """What a listener asks of the protocol of a connection."""

    async def stop(self) -> None: ...


class Listener:
    """A listening socket and the connections it has accepted; all of them end with it."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._wanted_port = port
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
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

    async def accept(self, connection: Callable[[], asyncio.Protocol]) -> None:
        """Takes in what connects, on the running loop."""
        assert self._socket is not None
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(connection, sock=self._socket, backlog=_BACKLOG)

    async def close(self) -> None:
        """Accepts nothing more and ends every connection."""
        if self._server is None:
            if self._socket is not None:
                self._socket.close()
            return
        await _accept_no_more(self._server)
        self._server.close()
        self._server = None
        if self.live:
            await asyncio.gather(*(connection.stop() for connection in list(self.live)))
            # One turn of the loop, in which the closed transports leave it.
            await asyncio.sleep(0)


async def _accept_no_more(server: asyncio.Server) -> None:
    """Returns when every socket that was accepted has become a connection.

    A server of asyncio that is closed between the two loses the socket (python/cpython#109564).
    """
    loop = asyncio.get_running_loop()
    if isinstance(loop, asyncio.SelectorEventLoop):
        loop.remove_reader(server.sockets[0])
        # The turn in which the connection is made, and the one in which its protocol is told.
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def connection_of(transport: asyncio.Transport, *, accepted: bool) -> Connection:
    """The connection under a transport, named the same at both of its ends."""
    local = transport.get_extra_info("sockname") or ("", 0)
    peer = transport.get_extra_info("peername") or ("", 0)
    client, server = (peer, local) if accepted else (local, peer)
    return Connection((client[0], client[1]), (server[0], server[1]))
