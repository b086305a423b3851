"""Watching the middlewares of Starlette and Lilya applications, and so of FastAPI, Esmerald and Ravyn; mounts too.

Starlette's routes, mounts and routers may have middlewares of their own, which are built when they are declared: these
are watched where they keep what they stand around as ``app``, as all of Starlette's do.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, cast

from mockproxy.hosting.asgi_host import AsgiApp
from mockproxy.hosting.levels import parts_of
from mockproxy.hosting.patches import Patches
from mockproxy.hosting.traced_asgi import Probes, step_name, watched

# Where the declared middlewares stand: Starlette's name and that of all that come from it, then Lilya's own.
_LISTS = ("user_middleware", "custom_middleware")


def is_starlette(app: object) -> bool:
    """Tells by what is needed: a list of middlewares, and the method that builds them around the router."""
    return any(hasattr(app, name) for name in _LISTS) and callable(getattr(app, "build_middleware_stack", None))


@contextmanager
def watched_starlette(app: object) -> Iterator[None]:
    """Inside the block the application runs with probes between its middlewares; afterwards it is as it was.

    What is mounted more than once bears the names of all its levels.
    """
    levels: dict[int, list[str]] = {}
    parts: dict[int, Any] = {}
    for part, level in parts_of(app):
        if is_starlette(part) or _is_route(part):
            parts[id(part)] = part
            levels.setdefault(id(part), []).append(level)
    with ExitStack() as holding:
        for key, part in parts.items():
            put_on = _put_on_application if is_starlette(part) else _put_on_route
            holding.enter_context(_patches.held(part, partial(put_on, part, " | ".join(levels[key]))))
        yield


def _put_on_application(app: Any, level: str) -> Callable[[], None]:
    """The middlewares are built with their probes when the application itself would build them: before its first call.

    Until then it may still be given some, as one that is mounted is by the lifespan of the one around it.
    """
    built_before, build = app.middleware_stack, app.build_middleware_stack

    def build_with_probes() -> AsgiApp:
        middlewares = next(getattr(app, name) for name in _LISTS if hasattr(app, name))
        declared = list(middlewares)
        middlewares[:] = [_watched(middleware, level) for middleware in declared]
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
    middlewares = list(_middlewares_of(route, getattr(route, stack, None)))
    if not middlewares:
        return lambda: None
    before = [(route, stack, middlewares[0]), *((each, "app", each.app) for each in middlewares)]
    inside = middlewares[-1].app
    for middleware in reversed(middlewares):
        probes = Probes(step_name(type(middleware), dispatch=getattr(middleware, "dispatch_func", None)), level)
        middleware.app = probes.inner(inside)
        inside = probes.outer(middleware)
    setattr(route, stack, inside)

    def take_off() -> None:
        for holder, name, held in before:
            setattr(holder, name, held)

    return take_off


def _middlewares_of(route: Any, outermost: Any) -> Iterator[Any]:
    """From the outside to what a mount declares to be inside of them, else to what stands around nothing."""
    innermost = (getattr(route, "_base_app", None), getattr(route, "endpoint", None))
    each = outermost
    while all(each is not end for end in innermost) and not is_starlette(each) and not _is_route(each):
        if not callable(getattr(each, "app", None)):
            return
        yield each
        each = each.app


def _watched(middleware: Any, level: str) -> Any:
    factory, args, options = middleware
    return type(middleware)(watched(factory, args, options, level), *args, **options)


_patches = Patches()
