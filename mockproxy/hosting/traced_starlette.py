"""Watching the middlewares of Starlette and Lilya applications, and so of FastAPI, Esmerald and Ravyn; mounts too."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from mockproxy.hosting.levels import parts_of
from mockproxy.hosting.patches import Patches
from mockproxy.hosting.traced_asgi import watched

# Where the declared middlewares stand: Starlette's name and that of all that come from it, then Lilya's own.
_LISTS = ("user_middleware", "custom_middleware")


def is_starlette(app: object) -> bool:
    """Tells by what is needed: a list of middlewares, and the method that builds them around the router."""
    return any(hasattr(app, name) for name in _LISTS) and callable(getattr(app, "build_middleware_stack", None))


@contextmanager
def watched_starlette(app: object) -> Iterator[None]:
    """Inside the block the application runs with probes between its middlewares; afterwards it is as it was.

    An application that is mounted more than once bears the names of all its levels.
    """
    levels: dict[int, list[str]] = {}
    applications: dict[int, Any] = {}
    for part, level in parts_of(app):
        if is_starlette(part):
            applications[id(part)] = part
            levels.setdefault(id(part), []).append(level)
    with ExitStack() as holding:
        for key, application in applications.items():
            put_on = partial(_put_probes, application, " | ".join(levels[key]))
            holding.enter_context(_patches.held(application, put_on))
        yield


def _put_probes(app: Any, level: str) -> Callable[[], None]:
    middlewares = next(getattr(app, name) for name in _LISTS if hasattr(app, name))
    built_before, declared = app.middleware_stack, list(middlewares)
    middlewares[:] = [_watched(middleware, level) for middleware in declared]
    try:
        stack = app.build_middleware_stack()
    finally:
        middlewares[:] = declared
    app.middleware_stack = stack

    def take_off() -> None:
        app.middleware_stack = built_before

    return take_off


def _watched(middleware: Any, level: str) -> Any:
    factory, args, options = middleware
    return type(middleware)(watched(factory, args, options, level), *args, **options)


_patches = Patches()
