"""Connections to targets, kept alive and shared by all clients of a proxy."""

import asyncio

from mockproxy.errors import UpstreamError, UpstreamTimeout
from mockproxy.messages.url import Origin
from mockproxy.wire.limits import Limits
from mockproxy.wire.upstream import UpstreamConnection


class UpstreamPool:
    """The connections of one proxy to its targets, by host and port."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._idle: dict[tuple[str, int], list[UpstreamConnection]] = {}
        self._all: set[UpstreamConnection] = set()

    async def connect(self, origin: Origin, *, timeout: float) -> UpstreamConnection:
        """An idle connection, or a new one; raises ``UpstreamError`` where none can be had."""
        idle = self._idle.get((origin.host, origin.port), [])
        while idle:
            connection = idle.pop()
            if connection.idle:
                return connection
            self._all.discard(connection)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                _, connection = await loop.create_connection(
                    lambda: UpstreamConnection(self._limits), origin.host, origin.port
                )
        except TimeoutError as error:
            raise UpstreamTimeout(f"no connection to {origin.authority} within {timeout:g} s") from error
        except OSError as error:
            raise UpstreamError(f"cannot connect to {origin.authority}: {error.strerror or error}") from error
        self._all.add(connection)
        return connection

    async def give_back(self, origin: Origin, connection: UpstreamConnection) -> None:
        """Ends the exchange on a connection, and keeps it where it can serve another."""
        complete = await connection.finish()
        if complete and connection.idle:
            self._idle.setdefault((origin.host, origin.port), []).append(connection)
            return
        self._all.discard(connection)
        if complete:
            connection.close()
        else:
            connection.cut()

    def close(self) -> None:
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._idle.clear()
