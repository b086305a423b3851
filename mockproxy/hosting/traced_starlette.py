"""Watching the middlewares of Starlette and Lilya applications, and so of FastAPI, Esmerald and Ravyn; mounts too."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from mockproxy.hosting.traced_asgi import Watched


def is_starlette(app: object) -> bool:
    """Tells by what is needed: the list of middlewares, and the method that builds them around the router."""
    return hasattr(app, "user_middleware") and callable(getattr(app, "build_middleware_stack", None))


@contextmanager
def watched_starlette(app: Any, level: str = "") -> Iterator[None]:
    """Inside the block the application runs with probes between its middlewares; afterwards it is as it was."""
    built_before, declared = app.middleware_stack, list(app.user_middleware)
    app.user_middleware[:] = [_watched(middleware, level) for middleware in declared]
    try:
        stack = app.build_middleware_stack()
    finally:
        app.user_middleware[:] = declared
    app.middleware_stack = stack
    try:
        with ExitStack() as mounted:
            for route in app.routes:
                if is_starlette(getattr(route, "app", None)):
                    mounted.enter_context(watched_starlette(route.app, level + route.path))
            yield
    finally:
        app.middleware_stack = built_before


def _watched(middleware: Any, level: str) -> Any:
    factory, args, options = middleware
    return type(middleware)(Watched(factory, level), *args, **options)
