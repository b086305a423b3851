"""Watching the interceptors of Esmerald and Ravyn applications, on whatever level they stand.

Each run of an interceptor is a step, so what the framework does with its lists is what is recorded.
"""

import functools
import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from mockproxy.hosting.application_steps import ApplicationStep
from mockproxy.hosting.asgi_host import AsgiApp, Receive, Scope, Send
from mockproxy.hosting.levels import parts_of
from mockproxy.hosting.traced_asgi import request_state
from mockproxy.pipeline.entry import name_of

_levels: ContextVar[Mapping[type, str]] = ContextVar("_levels")
"""Where the application that is answering declares its interceptors."""


class WatchedInterceptors:
    """Stands in front of an application, and watches every interceptor class of it inside of a ``with`` block.

    A class that several levels declare bears the names of all of them: which list it was called from cannot be told.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._levels: dict[type, str] = {}

    def __enter__(self) -> None:
        declared: dict[type, list[str]] = {}
        for cls, level in _interceptors(self._app):
            levels = declared.setdefault(cls, [])
            if level not in levels:
                levels.append(level)
        self._levels = {cls: " | ".join(levels) for cls, levels in declared.items()}
        for cls in self._levels:
            _patches.setdefault(cls, _Patch(cls)).acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for cls in self._levels:
            _patches[cls].release()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _levels.set(self._levels)
        await self._app(scope, receive, send)


def has_interceptors(app: object) -> bool:
    return any(True for _ in _interceptors(app))


def _interceptors(app: object) -> Iterator[tuple[type, str]]:
    """The class of every interceptor, with the level that declares it."""
    for part, level in parts_of(app):
        declared = getattr(part, "interceptors", None)
        for interceptor in declared if isinstance(declared, list | tuple) else ():
            if hasattr(interceptor, "intercept"):
                yield interceptor if inspect.isclass(interceptor) else type(interceptor), level


class _Patch:
    """The ``intercept`` of one class, in the place of which a watched one stands while any application asks for it."""

    def __init__(self, cls: Any) -> None:
        self._cls = cls
        self._users = 0

    def acquire(self) -> None:
        self._users += 1
        if self._users == 1:
            self._own = vars(self._cls).get("intercept")
            self._cls.intercept = _watched(self._cls)

    def release(self) -> None:
        self._users -= 1
        if self._users:
            return
        if self._own is None:
            del self._cls.intercept
        else:
            self._cls.intercept = self._own


_patches: dict[type, _Patch] = {}
"""A class has one ``intercept`` for all applications that declare it."""


def _watched(cls: Any) -> Any:
    original = cls.intercept
    if not inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        def intercept_in_thread(self: object, scope: Any, receive: Any, send: Any) -> None:
            with _noted(cls, self, scope):
                original(self, scope, receive, send)

        return intercept_in_thread

    @functools.wraps(original)
    async def intercept(self: object, scope: Any, receive: Any, send: Any) -> None:
        with _noted(cls, self, scope):
            await original(self, scope, receive, send)

    return intercept


@contextmanager
def _noted(cls: type, interceptor: object, scope: Scope) -> Iterator[None]:
    """One run; not that of a subclass which calls on ``super()``, nor one outside of an application under trace."""
    level = _levels.get({}).get(cls)
    if level is None or type(interceptor) is not cls or scope["type"] != "http":
        yield
        return
    step = ApplicationStep(name_of(interceptor), level, request_state(scope))
    with step.logged():
        yield
        step.passed_on(request_state(scope))
