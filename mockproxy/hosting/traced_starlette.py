"""Watching the middlewares of Starlette and Lilya applications, and so of FastAPI, Esmerald and Ravyn; mounts too.

Starlette's routes, mounts and routers may have middlewares of their own, which are built when they are declared: these
are watched where they keep what they stand around as ``app``, as all of Starlette's do.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import takewhile
from typing import Any, cast

from mockproxy.hosting.asgi_host import AsgiApp, Receive, Scope, Send
from mockproxy.hosting.levels import parts_of
from mockproxy.hosting.patches import Patches
from mockproxy.hosting.traced_asgi import Names, Probes, is_probe, named, step_name, watched

# Where the declared middlewares stand: Starlette's name and that of all that come from it, then Lilya's own.
_LISTS = ("user_middleware", "custom_middleware")


def is_starlette(app: object) -> bool:
    """Tells by what is needed: a list of middlewares, and the method that builds them around the router."""
    return any(hasattr(app, name) for name in _LISTS) and callable(getattr(app, "build_middleware_stack", None))


def is_wrapped_starlette(app: object) -> bool:
    """Whether it is one with middlewares around it, each of which keeps what it stands around as ``app``."""
    middlewares, innermost = _chain(app)
    return bool(middlewares) and is_starlette(innermost)


def middlewares_of(app: object) -> Names:
    """Those that every request to the application passes before a route is chosen; nobody for one that is not known."""
    middlewares, innermost = _chain(app)
    if not is_starlette(innermost):
        return tuple
    return named([_name(each) for each in middlewares if not is_probe(each)], partial(_declared_names, innermost))


@contextmanager
def watched_starlette(app: object) -> Iterator[None]:
    """Inside the block the application runs with probes between its middlewares; afterwards it is as it was.

    What is mounted more than once bears the names of all its levels.
    """
    levels: dict[int, list[str]] = {}
    parts: dict[int, Any] = {}
    for part, level in parts_of(app):
        if _is_known(part) or (part is app and is_wrapped_starlette(part)):
            parts[id(part)] = part
            levels.setdefault(id(part), []).append(level)
    with ExitStack() as holding:
        for key, part in parts.items():
            holding.enter_context(_patches.held(part, partial(_put_on, part, " | ".join(levels[key]))))
        yield


def _put_on(part: Any, level: str) -> Callable[[], None]:
    if is_starlette(part):
        return _put_on_application(part, level)
    return _put_on_route(part, level) if _is_route(part) else _put_on_wrapped(part, level)


def _put_on_application(app: Any, level: str) -> Callable[[], None]:
    """The middlewares are built with their probes when the application itself would build them: before its first call.

    Until then it may still be given some, as one that is mounted is by the lifespan of the one around it.
    """
    built_before, build = app.middleware_stack, app.build_middleware_stack

    def build_with_probes() -> AsgiApp:
        middlewares = _declared(app)
        declared = list(middlewares)
        parts = [tuple(middleware) for middleware in declared]
        middlewares[:] = [
            type(middleware)(make, *args, **options)
            for middleware, make, (_, args, options) in zip(declared, watched(parts, level), parts, strict=True)
        ]
        try:
            return cast("AsgiApp", build())
        finally:
            middlewares[:] = declared

    own = {name: vars(app)[name] for name in ("build_middleware_stack",) if name in vars(app)}
    app.build_middleware_stack = build_with_probes
    if built_before is not None:
        app.middleware_stack = build_with_probes()

    def take_off() -> None:
        app.middleware_stack = built_before
        del app.build_middleware_stack
        vars(app).update(own)

    return take_off


def _is_route(part: object) -> bool:
    return any(cls.__module__ == "starlette.routing" for cls in type(part).__mro__)


def _put_on_route(route: Any, level: str) -> Callable[[], None]:
    stack = "middleware_stack" if hasattr(route, "middleware_stack") else "app"
    outermost = getattr(route, stack, None)
    middlewares, innermost = _chain(outermost)
    if not _is_known(innermost):
        # Somebody's own application, which may have an ``app``; a mount and a route tell where it begins.
        ends = (getattr(route, "_base_app", None), getattr(route, "endpoint", None))
        middlewares = list(takewhile(lambda each: all(each is not end for end in ends), middlewares))
    if not middlewares:
        return lambda: None
    probed, take_off_middlewares = _with_probes(middlewares, level)
    setattr(route, stack, probed)

    def take_off() -> None:
        setattr(route, stack, outermost)
        take_off_middlewares()

    return take_off


def _put_on_wrapped(app: Any, level: str) -> Callable[[], None]:
    _entrances[id(app)], take_off_middlewares = _with_probes(_chain(app)[0], level)

    def take_off() -> None:
        del _entrances[id(app)]
        take_off_middlewares()

    return take_off


def _with_probes(middlewares: Sequence[Any], level: str) -> tuple[AsgiApp, Callable[[], None]]:
    """What is to be called in the place of the outermost of them, and what takes the probes off."""
    before = [(each, each.app) for each in middlewares]
    inside = middlewares[-1].app
    behind = middlewares_of(inside)
    for middleware in reversed(middlewares):
        name = _name(middleware)
        probes = Probes(name, level, behind)
        middleware.app = probes.inner(inside)
        inside = probes.outer(middleware)
        behind = named([name], behind)

    def take_off() -> None:
        for middleware, app in before:
            middleware.app = app

    return inside, take_off


def _chain(outermost: Any) -> tuple[list[Any], Any]:
    """The middlewares that stand around one another from here on, and what is inside of all of them."""
    middlewares = []
    each = outermost
    while not _is_known(each) and callable(getattr(each, "app", None)):
        middlewares.append(each)
        each = each.app
    return middlewares, each


def _name(middleware: Any) -> str:
    return step_name(type(middleware), dispatch=getattr(middleware, "dispatch_func", None))


def _declared(app: Any) -> Any:
    return next(getattr(app, name) for name in _LISTS if hasattr(app, name))


def _declared_names(app: Any) -> tuple[str, ...]:
    return tuple(step_name(factory, *args, **options) for factory, args, options in _declared(app))


def _is_known(part: object) -> bool:
    return is_starlette(part) or _is_route(part)


class Entrance:
    """Is called in the place of an application around which somebody has put middlewares by hand."""

    def __init__(self, app: AsgiApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _entrances.get(id(self.app), self.app)(scope, receive, send)


_entrances: dict[int, AsgiApp] = {}
"""While such an application is watched: what is to be called in its place."""


_patches = Patches()
