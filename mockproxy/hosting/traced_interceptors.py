"""Watching the interceptors of Esmerald and Ravyn applications, on whatever level they stand.

Each run of an interceptor is a step, so what the framework does with its lists is what is recorded.
"""

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from mockproxy.hosting.application_steps import ApplicationStep
from mockproxy.hosting.traced_asgi import request_state
from mockproxy.pipeline.entry import name_of


@contextmanager
def watched_interceptors(app: Any) -> Iterator[None]:
    """Inside the block every interceptor class of the application is watched; afterwards it is as it was.

    A class that several levels declare bears the names of all of them: which list it was called from cannot be told.
    """
    declared: dict[type, list[str]] = {}
    for interceptor, level in _interceptors(app, "", set()):
        cls = interceptor if isinstance(interceptor, type) else type(interceptor)
        if level not in declared.setdefault(cls, []):
            declared[cls].append(level)
    levels = {cls: " | ".join(names) for cls, names in declared.items()}
    originals = {cls: cls.intercept for cls in levels}  # type: ignore[attr-defined]
    with ExitStack() as watched:
        for cls, level in levels.items():
            watched.enter_context(_watched(cls, originals[cls], level))
        yield


def has_interceptors(app: object) -> bool:
    return any(True for _ in _interceptors(app, "", set()))


@contextmanager
def _watched(cls: Any, original: Any, level: str) -> Iterator[None]:
    @functools.wraps(original)
    async def intercept(self: object, scope: Any, receive: Any, send: Any) -> None:
        if type(self) is not cls or scope["type"] != "http":
            await original(self, scope, receive, send)
            return
        step = ApplicationStep(name_of(self), level, request_state(scope))
        with step.logged():
            await original(self, scope, receive, send)
            step.passed_on(request_state(scope))

    own = vars(cls).get("intercept")
    cls.intercept = intercept
    try:
        yield
    finally:
        if own is None:
            del cls.intercept
        else:
            cls.intercept = own


def _interceptors(node: Any, level: str, seen: set[int]) -> Iterator[tuple[Any, str]]:
    """Every interceptor with the level that declares it, the outermost first."""
    if id(node) in seen:
        return
    seen.add(id(node))
    declared = getattr(node, "interceptors", None)
    if isinstance(declared, list | tuple):
        yield from ((interceptor, level) for interceptor in declared if hasattr(interceptor, "intercept"))
    for route in getattr(node, "routes", None) or ():
        yield from _interceptors(route, level + _path(route), seen)
    for inner in ("app", "router", "handler"):
        child = getattr(node, inner, None)
        if child is not None:
            yield from _interceptors(child, level, seen)


def _path(route: Any) -> str:
    path = getattr(route, "path", "")
    return path.rstrip("/") if isinstance(path, str) else ""
