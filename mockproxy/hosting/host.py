"""The server for an application, and the record of its connections."""

import asyncio
import inspect
import sys
from collections.abc import Callable
from typing import Protocol, cast

from mockproxy.hosting.aiohttp_host import AiohttpHost
from mockproxy.hosting.asgi_host import AsgiApp, AsgiHost
from mockproxy.hosting.failure import Note
from mockproxy.hosting.wsgi import wsgi_as_asgi
from mockproxy.recording.exchange import Exchange
from mockproxy.recording.journal import Journal
from mockproxy.wire.hosting import HostedConnection
from mockproxy.wire.limits import DEFAULT_LIMITS
from mockproxy.wire.listener import AcceptedConnection


class Host(Protocol):
    """A server that an application is made for."""

    async def start(self) -> None:
        """Runs what the application does before its first request."""

    async def stop(self) -> None:
        """Ends what is under way, and runs what the application does after its last request."""

    def protocol(self) -> asyncio.Protocol:
        """Serves one connection."""


class Hosting:
    """An application on its server, and the record of its connections."""

    def __init__(self, host: Host, journal: Journal, filed: Callable[[Exchange], None], record_limit: int) -> None:
        self._host = host
        self._journal = journal
        self._filed = filed
        self._record_limit = record_limit

    async def start(self) -> None:
        await self._host.start()

    async def stop(self) -> None:
        await self._host.stop()

    def connection_factory(self, live: set[AcceptedConnection]) -> Callable[[], asyncio.Protocol]:
        return lambda: HostedConnection(
            self._host.protocol,
            journal=self._journal,
            filed=self._filed,
            record_limit=self._record_limit,
            limits=DEFAULT_LIMITS,
            live=live,
        )


def host_for(app: object, note: Note) -> Host:
    """Tells an application's kind by what it is; raises ``TypeError`` for what is none of the three."""
    web = sys.modules.get("aiohttp.web")
    if web is not None and isinstance(app, web.Application):
        return AiohttpHost(app, note)
    if callable(app):
        if _is_asgi(app):
            return AsgiHost(cast("AsgiApp", app), note)
        if _takes(app, 2):
            return AsgiHost(wsgi_as_asgi(app), note)
    raise TypeError(
        f"{app!r} is no application that can be hosted: it is neither an aiohttp.web.Application, nor ASGI "
        "(async, called with scope, receive, send), nor WSGI (called with environ, start_response)"
    )


def _is_asgi(app: Callable[..., object]) -> bool:
    call = app if inspect.isroutine(app) else type(app).__call__
    return inspect.iscoroutinefunction(call) and _takes(app, 3)


def _takes(app: Callable[..., object], count: int) -> bool:
    try:
        inspect.signature(app).bind(*[None] * count)
    except TypeError:
        return False
    return True
