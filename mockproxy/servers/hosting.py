"""Applications as targets, each on the server that it is made for: aiohttp's own, uvicorn for ASGI and WSGI.

The application is not changed and sees no difference; what it raises is kept for the test.
"""

import asyncio
import inspect
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from mockproxy.errors import ConfigurationError, HandlerFailed, MissingExtra, Trouble
from mockproxy.recording.exchange import Exchange
from mockproxy.recording.journal import Journal
from mockproxy.wire.hosting import HostedConnection, current_connection
from mockproxy.wire.limits import DEFAULT_LIMITS
from mockproxy.wire.listener import AcceptedConnection

# How long an application may take to end by itself; what is left then is cancelled.
_GRACE = 0.5
_START_TIME = 10.0

Note = Callable[[Trouble], None]


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
        return _AiohttpHost(app, note)
    if callable(app):
        if _is_asgi(app):
            return _AsgiHost(cast("AsgiApp", app), note)
        if _takes(app, 2):
            return _AsgiHost(_wsgi_as_asgi(app), note)
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


def _note_failure(error: BaseException, note: Note) -> None:
    """Joins what an application raised to the exchange that it was answering."""
    failure = HandlerFailed(f"the application raised {type(error).__name__}: {error}")
    failure.__cause__ = error
    connection = current_connection.get(None)
    recorder = None if connection is None else connection.recorder
    if recorder is None:
        note(failure)
    else:
        recorder.error = failure
        recorder.troubles.append(failure)


class _AiohttpHost:
    """``aiohttp.web.Server`` with the application behind it."""

    def __init__(self, app: Any, note: Note) -> None:
        self._app = app
        self._note = note
        self._runner: Any = None

    async def start(self) -> None:
        from aiohttp import web  # noqa: PLC0415 - loaded already where there is an application of it

        self._runner = web.AppRunner(
            self._app, handle_signals=False, access_log=None, logger=_FailureLog(self._note), shutdown_timeout=_GRACE
        )
        await self._runner.setup()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def protocol(self) -> asyncio.Protocol:
        return cast("asyncio.Protocol", self._runner.server())


class _FailureLog(logging.Logger):
    """Where aiohttp says which exception it answered with 500."""

    def __init__(self, note: Note) -> None:
        super().__init__("mockproxy.hosted")
        self._note = note

    def exception(self, msg: object, *args: object, exc_info: Any = True, **kwargs: Any) -> None:
        error = exc_info if isinstance(exc_info, BaseException) else sys.exc_info()[1]
        if error is not None:
            _note_failure(error, self._note)


AsgiApp = Callable[[dict[str, Any], Callable[..., Awaitable[Any]], Callable[..., Awaitable[None]]], Awaitable[None]]


class _AsgiHost:
    """uvicorn's protocols, with lifespan."""

    def __init__(self, app: AsgiApp, note: Note) -> None:
        try:
            from uvicorn import Config  # noqa: PLC0415 - an extra
            from uvicorn.server import ServerState  # noqa: PLC0415
        except ImportError:
            raise MissingExtra("hosting an ASGI application", "asgi") from None
        self._config = Config(
            _watched(app, note), lifespan="auto", log_config=None, access_log=False, interface="asgi3"
        )
        self._config.load()
        self._lifespan = self._config.lifespan_class(self._config)
        self._state = ServerState()

    async def start(self) -> None:
        try:
            async with asyncio.timeout(_START_TIME):
                await self._lifespan.startup()
        except TimeoutError:
            raise ConfigurationError(
                f"the lifespan of the application did not start within {_START_TIME:g} s"
            ) from None
        if self._lifespan.should_exit:
            raise ConfigurationError("the lifespan of the application failed to start; its own log says why")

    async def stop(self) -> None:
        tasks = set(self._state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE)
        try:
            async with asyncio.timeout(_GRACE):
                await self._lifespan.shutdown()
        except TimeoutError:
            logging.getLogger("mockproxy").warning("the lifespan of an application did not end within %g s", _GRACE)

    def protocol(self) -> asyncio.Protocol:
        make = cast("Callable[..., asyncio.Protocol]", self._config.http_protocol_class)
        return make(config=self._config, server_state=self._state, app_state=self._lifespan.state)


def _watched(app: AsgiApp, note: Note) -> AsgiApp:
    """The application, and an ear for what it raises."""

    async def watched(
        scope: dict[str, Any], receive: Callable[..., Awaitable[Any]], send: Callable[..., Awaitable[None]]
    ) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "lifespan":
                _note_failure(error, note)
            raise

    return watched


def _wsgi_as_asgi(app: Any) -> AsgiApp:
    try:
        from a2wsgi import WSGIMiddleware  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("hosting a WSGI application", "wsgi") from None
    return cast("AsgiApp", WSGIMiddleware(app))
