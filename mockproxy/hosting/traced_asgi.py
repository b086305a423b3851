"""Watching the middlewares of an ASGI application: a probe on either side of each of them."""

import zlib
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from contextvars import ContextVar
from typing import Any

from mockproxy.errors import ConfigurationError
from mockproxy.hosting.application_steps import ApplicationStep
from mockproxy.hosting.asgi_host import AsgiApp, Receive, Scope, Send
from mockproxy.pipeline.entry import name_of
from mockproxy.pipeline.outgoing import RequestState, ResponseState

MiddlewareFactory = Callable[..., AsgiApp]

_running: ContextVar[dict["Watched", ApplicationStep]] = ContextVar("_running")


class Watched:
    """Makes a middleware with a probe before it and a probe behind it; called as the middleware itself would be."""

    def __init__(self, factory: MiddlewareFactory, level: str) -> None:
        self._factory = factory
        self._name = name_of(factory)
        self._level = level

    def __call__(self, app: AsgiApp, *args: Any, **options: Any) -> AsgiApp:
        middleware = self._factory(self._inner_probe(app), *args, **options)

        async def outer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await middleware(scope, receive, send)
                return
            step = ApplicationStep(self._name, self._level, request_state(scope))
            _running.set({**_running.get({}), self: step})
            with step.logged():
                await middleware(scope, receive, _watching(send, step.answered))

        return outer

    def _inner_probe(self, app: AsgiApp) -> AsgiApp:
        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            step = _running.get({}).get(self)
            if step is None or scope["type"] != "http":
                await app(scope, receive, send)
                return
            step.passed_on(request_state(scope))
            await app(scope, receive, _watching(send, step.returned))

        return inner


def _watching(send: Send, complete: Callable[[ResponseState], None]) -> Send:
    """A ``send`` that tells the whole response before its last message goes on."""
    start: MutableMapping[str, Any] = {"status": 0, "headers": []}
    length = checksum = 0

    async def watched(message: MutableMapping[str, Any]) -> None:
        nonlocal start, length, checksum
        if message["type"] == "http.response.start":
            start = {**message, "headers": list(message.get("headers", ()))}
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            length += len(body)
            checksum = zlib.crc32(body, checksum)
            if not message.get("more_body", False):
                fields = tuple((bytes(name), bytes(value)) for name, value in start["headers"])
                complete(ResponseState(start["status"], None, fields, checksum, length))
        await send(message)

    return watched


def request_state(scope: Scope) -> RequestState:
    """The request as a scope tells it."""
    raw_path = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    target = raw_path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    fields = tuple((bytes(name), bytes(value)) for name, value in scope["headers"])
    return RequestState(scope["method"], target, fields, tuple(scope.get("path_params", {}).items()), 0, None)


def chain(parts: Sequence[object], *, traced: bool) -> AsgiApp:
    """Builds a chain of ASGI middlewares: the outermost first, the application last."""
    *factories, app = parts
    built: Any = app
    if not callable(built):
        raise ConfigurationError(f"the last part of a chain is the application itself, not {built!r}")
    for factory in reversed(factories):
        make, args, options = _factory(factory)
        built = (Watched(make, "") if traced else make)(built, *args, **options)
    return built  # type: ignore[no-any-return]


def _factory(factory: Any) -> tuple[MiddlewareFactory, Sequence[Any], dict[str, Any]]:
    """A callable, or a ``Middleware(cls, *args, **kwargs)`` as Starlette and Lilya have it."""
    if isinstance(factory, Iterable):
        make, args, options = factory
        return make, args, options
    if callable(factory):
        return factory, (), {}
    raise ConfigurationError(
        f"{factory!r} is no ASGI middleware: give its class, a function of the application, or "
        "starlette.middleware.Middleware(...)"
    )
