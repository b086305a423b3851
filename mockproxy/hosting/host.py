"""The server for an application, and the record of its connections."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from mockproxy.errors import ConfigurationError
from mockproxy.hosting.aiohttp_host import AiohttpHost
from mockproxy.hosting.asgi_host import AsgiApp, AsgiHost, Watch, is_asgi
from mockproxy.hosting.failure import Note
from mockproxy.hosting.traced_asgi import chain
from mockproxy.hosting.traced_interceptors import WatchedInterceptors, has_interceptors
from mockproxy.hosting.traced_starlette import (
    Entrance,
    is_starlette,
    is_wrapped_starlette,
    middlewares_of,
    watched_starlette,
)
from mockproxy.hosting.wsgi import is_wsgi, wsgi_as_asgi
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

    def connection_factory(self, live: set[AcceptedConnection]) -> Callable[[], asyncio.BaseProtocol]:
        return lambda: HostedConnection(
            self._host.protocol,
            journal=self._journal,
            filed=self._filed,
            record_limit=self._record_limit,
            limits=DEFAULT_LIMITS,
            live=live,
        )


def host_for(app: object, note: Note, *, trace: bool) -> Host:
    """Tells an application's kind by what it is; a list is a chain of ASGI middlewares with the application last.

    Raises ``TypeError`` for what is no application, and ``ConfigurationError`` for one that cannot be traced.
    """
    web = sys.modules.get("aiohttp.web")
    if web is not None and isinstance(app, web.Application):
        return AiohttpHost(app, note, traced=trace)
    if isinstance(app, list | tuple):
        return _host_for_chain(app, note, trace=trace)
    if is_asgi(app):
        watched, watches = _watched(app) if trace else (app, [])
        if trace and not watches:
            raise ConfigurationError(_CANNOT_TRACE.format(app=app))
        return AsgiHost(watched, note, traced=trace, watches=watches)
    if is_wsgi(app):
        if trace:
            raise ConfigurationError(_CANNOT_TRACE.format(app=app))
        return AsgiHost(wsgi_as_asgi(app), note)
    raise TypeError(
        f"{app!r} is no application that can be hosted: it is neither an aiohttp.web.Application, nor ASGI "
        "(async, called with scope, receive, send), nor WSGI (called with environ, start_response), nor a list of "
        "ASGI middlewares with the application last"
    )


_CANNOT_TRACE = (
    "trace=True cannot look into {app!r}: it is no application of aiohttp, Starlette, FastAPI, Lilya, Esmerald or "
    "Ravyn; an ASGI application can be handed over as a list of its middlewares with the application last"
)


def _host_for_chain(parts: Sequence[object], note: Note, *, trace: bool) -> Host:
    if not parts:
        raise ConfigurationError("the chain is empty: give ASGI middlewares and the ASGI application as the last part")
    app = parts[-1]
    if not is_asgi(app):
        raise ConfigurationError(f"the last part of a chain is the ASGI application itself, not {app!r}")
    innermost, watches = _watched(app) if trace else (app, [])
    whole = chain(parts[:-1], innermost, traced=trace, inside=middlewares_of(app))
    return AsgiHost(whole, note, traced=trace, watches=watches)


def _watched(app: AsgiApp) -> tuple[AsgiApp, list[Watch]]:
    """The application to be run in place of this one, and what watches it; nothing for one that is not known."""
    watches: list[Watch] = []
    known = app if is_starlette(app) else Entrance(app) if is_wrapped_starlette(app) else None
    if known is not None:
        watches.append(partial(watched_starlette, app))
        app = known
    # A middleware around an application of another kind would be left out: a list tells of it.
    if has_interceptors(app) and (known is not None or hasattr(app, "routes")):
        interceptors = WatchedInterceptors(app)
        watches.append(lambda: interceptors)
        app = interceptors
    return app, watches
