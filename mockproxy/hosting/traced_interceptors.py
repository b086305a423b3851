"""Watching the interceptors of Esmerald and Ravyn applications, on whatever level they stand.

Each run of an interceptor is a step, so what the framework does with its lists is what is recorded.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import partial
from types import TracebackType
from typing import Any

from mockproxy.hosting.application_steps import ApplicationStep
from mockproxy.hosting.asgi_host import AsgiApp, Receive, Scope, Send
from mockproxy.hosting.levels import parts_of
from mockproxy.hosting.patches import Patches
from mockproxy.hosting.traced_asgi import is_request, request_state
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
        self._watching = ExitStack()

    def __enter__(self) -> None:
        declared: dict[type, list[str]] = {}
        for cls, level in _interceptors(self._app):
            levels = declared.setdefault(cls, [])
            if level not in levels:
                levels.append(level)
        self._levels = {cls: " | ".join(levels) for cls, levels in declared.items()}
        for cls in self._levels:
            self._watching.enter_context(_patches.held(cls, partial(_put_on, cls)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._watching.close()

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


def _put_on(cls: Any) -> Callable[[], None]:
    """In the place of the ``intercept`` of a class stands a watched one, for all applications that declare it."""
    own = vars(cls).get("intercept")
    cls.intercept = _watched(cls)

    def take_off() -> None:
        if own is None:
            del cls.intercept
        else:
            cls.intercept = own

    return take_off


_patches = Patches()


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
    if level is None or type(interceptor) is not cls or not is_request(scope):
        yield
        return
    step = ApplicationStep(name_of(interceptor), level, request_state(scope))
    with step.logged():
        yield
        step.passed_on(request_state(scope))
