"""Watching the middlewares of an ASGI application: a probe on either side of each of them."""

import inspect
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from mockproxy.errors import ConfigurationError
from mockproxy.hosting.application_steps import ApplicationStep, BodySeen
from mockproxy.hosting.asgi_host import AsgiApp, Receive, Scope, Send, takes
from mockproxy.messages.headers import Headers, RawFields
from mockproxy.pipeline.entry import name_of
from mockproxy.pipeline.outgoing import RequestState, ResponseState
from mockproxy.pipeline.scope import SAFE_IN_PATH

MiddlewareFactory = Callable[..., AsgiApp]
MiddlewareParts = tuple[MiddlewareFactory, Sequence[Any], Mapping[str, Any]]
"""A middleware with its arguments and options, as Starlette's ``Middleware`` holds them."""
Names = Callable[[], tuple[str, ...]]
"""Names of middlewares, of which an application may still be given some until its first request."""

_running: ContextVar[dict["Probes", ApplicationStep]] = ContextVar("_running")


def is_request(scope: Scope) -> bool:
    """Whether it is a request that gets an answer; that for a WebSocket is the handshake of one (RFC 6455)."""
    return scope["type"] in ("http", "websocket")


class Probes:
    """One before a middleware and one behind it: what is between them is what the middleware does.

    ``behind`` tells those who are known to stand further inside.
    """

    def __init__(self, name: str, level: str, behind: Names) -> None:
        self._name = name
        self._level = level
        self._behind = behind

    def outer(self, middleware: AsgiApp) -> AsgiApp:
        """To be called in the place of the middleware."""

        async def outer(scope: Scope, receive: Receive, send: Send) -> None:
            if not is_request(scope):
                await middleware(scope, receive, send)
                return
            step = ApplicationStep(self._name, self._level, request_state(scope), self._behind())
            before = _running.set({**_running.get({}), self: step})
            try:
                with step.logged():
                    await middleware(scope, _receiving(receive, step.body_taken), _Sending(scope, send, step.answered))
            finally:
                # The middleware may be called inside of itself, by a request that the application makes to itself.
                _running.reset(before)

        return _leading_to(middleware, outer)

    def inner(self, app: AsgiApp) -> AsgiApp:
        """To be called by the middleware in the place of what stands further inside."""

        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            step = _running.get({}).get(self)
            if step is None or not is_request(scope):
                await app(scope, receive, send)
                return
            step.passed_on(request_state(scope))
            try:
                await app(scope, _receiving(receive, step.body_passed), _Sending(scope, send, step.returned))
            except BaseException as error:
                step.raised_inside(error)
                raise

        return _leading_to(app, inner)


def _leading_to(app: AsgiApp, probe: AsgiApp) -> AsgiApp:
    """Whoever looks for what is inside of an application finds it behind a probe, too."""
    vars(probe).update(app=app, is_probe=True)
    return probe


def is_probe(app: object) -> bool:
    return getattr(app, "is_probe", False) is True


class Watched:
    """Makes a middleware with its probes; called as the middleware itself would be."""

    def __init__(self, factory: MiddlewareFactory, probes: Probes) -> None:
        self._factory = factory
        self._probes = probes

    def __call__(self, *args: Any, **options: Any) -> AsgiApp:
        # Starlette gives the application as the first argument, Ravyn by its name.
        if "app" in options:
            options["app"] = self._probes.inner(options["app"])
        else:
            args = (self._probes.inner(args[0]), *args[1:])
        return self._probes.outer(_made(self._factory, *args, **options))


class _Body:
    """Sums up a body while it goes by in pieces."""

    def __init__(self) -> None:
        self.seen = BodySeen(0, 0)

    def add(self, piece: bytes) -> None:
        self.seen = BodySeen(zlib.crc32(piece, self.seen.checksum), self.seen.length + len(piece))


def _receiving(receive: Receive, complete: Callable[[BodySeen], None]) -> Receive:
    """A ``receive`` that tells the whole body of the request when its last piece has been taken."""
    body = _Body()

    async def watched() -> MutableMapping[str, Any]:
        message = await receive()
        if message["type"] == "http.request":
            body.add(message.get("body", b""))
            if not message.get("more_body", False):
                complete(body.seen)
        return message

    return watched


class _Sending:
    """A ``send`` that tells the whole response, once, before the last octet of it goes on.

    That to the handshake of a WebSocket is 101 where it is accepted, and 403 where it is closed instead (ASGI
    specification, WebSocket protocol); or a response of its own (the extension ``websocket.http.response``).
    """

    def __init__(self, scope: Scope, send: Send, complete: Callable[[ResponseState], None]) -> None:
        self._method = _method(scope)
        self._send = send
        self._complete = complete
        self._told = False
        self._start = ResponseState(0, None, (), 0, None)
        self._expected: int | None = None
        self._body = _Body()

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        kind = message["type"].removeprefix("websocket.")
        if kind == "http.response.start":
            self._start = ResponseState(message["status"], None, _fields(message), 0, None)
            self._expected = _expected_length(self._method, self._start)
            self._tell(self._expected == 0)
        elif kind == "http.response.body":
            self._body.add(message.get("body", b""))
            self._tell(not message.get("more_body", False) or self._body.seen.length == self._expected)
        elif kind == "accept":
            self._start = ResponseState(101, None, _fields(message), 0, None)
            self._tell(True)
        elif kind == "close":
            self._start = ResponseState(403, None, (), 0, None)
            self._tell(True)
        await self._send(message)

    def _tell(self, whole: bool) -> None:
        if whole and not self._told:
            self._told = True
            checksum, length = self._body.seen
            self._complete(self._start._replace(edits=checksum, length=length))


def _fields(message: Mapping[str, Any]) -> RawFields:
    """Those of a response, with the subprotocol that a WebSocket is accepted for, as the server writes it."""
    fields = tuple((bytes(name), bytes(value)) for name, value in message.get("headers") or ())
    subprotocol = message.get("subprotocol")
    return fields if subprotocol is None else (*fields, (b"sec-websocket-protocol", subprotocol.encode()))


def _method(scope: Scope) -> str:
    """That of the handshake of a WebSocket is GET (RFC 6455 section 4.1), and the scope of one does not tell it."""
    method: str = scope.get("method", "GET")
    return method


def _expected_length(method: str, start: ResponseState) -> int | None:
    """The octets of the body that go to the client (RFC 9112 section 6.3); None where only the end tells."""
    if method == "HEAD" or start.status in (204, 304):
        return 0
    declared = Headers.of_wire(start.fields).get("Content-Length", "")
    return int(declared) if declared.isdigit() else None


def request_state(scope: Scope) -> RequestState:
    """The request as a scope tells it.

    Where ``path`` and ``raw_path`` tell different things it is the former, by which frameworks choose a route.
    """
    path, query = (scope.get("raw_path") or b"").decode("latin-1"), scope.get("query_string", b"")
    if unquote(path) != scope["path"]:
        path = quote(scope["path"], safe=SAFE_IN_PATH)
    target = path + (f"?{query.decode('latin-1')}" if query else "")
    fields = tuple((bytes(name), bytes(value)) for name, value in scope["headers"])
    return RequestState(_method(scope), target, fields, tuple(scope.get("path_params", {}).items()), 0, None)


def watched(middlewares: Sequence[MiddlewareParts], level: str, inside: Names = tuple) -> list[Watched]:
    """One list of middlewares, the outermost first; each gets its arguments and options when it is called.

    ``inside`` tells those who are known to stand behind all of them.
    """
    names = [step_name(factory, *args, **options) for factory, args, options in middlewares]
    return [
        Watched(factory, Probes(names[position], level, named(names[position + 1 :], inside)))
        for position, (factory, _, _) in enumerate(middlewares)
    ]


def named(names: Sequence[str], inside: Names) -> Names:
    """These, and then those who are further inside."""
    return lambda: (*names, *inside())


def step_name(factory: MiddlewareFactory, *args: object, dispatch: object = None, **_options: object) -> str:
    """A function that stands behind Starlette's ``BaseHTTPMiddleware`` gives its name to the step."""
    name = name_of(factory)
    functions = [each for each in (dispatch, *args) if callable(each)]
    return name_of(functions[0]) if name == "BaseHTTPMiddleware" and functions else name


def chain(middlewares: Sequence[object], app: AsgiApp, *, traced: bool, inside: Names = tuple) -> AsgiApp:
    """Builds a chain of ASGI middlewares around an application, the outermost first.

    ``inside`` tells the middlewares that are known to be those of the application.
    Raises ``ConfigurationError`` that names the one of which no middleware comes, and its index.
    """
    parts = []
    for position, middleware in enumerate(middlewares):
        with _at(position, middleware):
            parts.append(_parts(middleware))
    makes: Sequence[MiddlewareFactory] = [partial(_made, factory) for factory, _, _ in parts]
    if traced:
        makes = watched(parts, "", inside)
    for position in reversed(range(len(parts))):
        _, args, options = parts[position]
        with _at(position, middlewares[position]):
            app = makes[position](app, *args, **options)
    return app


@contextmanager
def _at(position: int, middleware: object) -> Iterator[None]:
    """An error inside of the block names the entry that it is about."""
    try:
        yield
    except ConfigurationError as error:
        raise ConfigurationError(f"at index {position} of the chain, {error}") from None
    except Exception as error:
        raise ConfigurationError(
            f"at index {position} of the chain, {middleware!r} cannot be put around an application, it raised "
            f"{type(error).__name__}: {error}; {_GIVE}"
        ) from error


def _made(factory: MiddlewareFactory, *args: Any, **options: Any) -> AsgiApp:
    made = factory(*args, **options)
    if inspect.iscoroutine(made):
        made.close()
    if not callable(made) or not takes(made, 3):
        raise ConfigurationError(f"{factory!r} is no ASGI middleware: it made {made!r} of an application")
    return made


def _parts(middleware: Any) -> MiddlewareParts:
    """A callable, or a ``Middleware(cls, *args, **kwargs)`` as Starlette and Lilya have it."""
    if callable(middleware) and not isinstance(middleware, Iterable):
        return middleware, (), {}
    parts = tuple(middleware) if isinstance(middleware, Iterable) else ()
    if len(parts) != 3 or not callable(parts[0]):
        raise ConfigurationError(f"{middleware!r} is no ASGI middleware: {_GIVE}")
    return parts


_GIVE = "give its class, a function of the application, or starlette.middleware.Middleware(...) with its arguments"
