"""WSGI applications, made into ASGI ones by a2wsgi, which runs them in threads."""

import inspect
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar, cast

from mockproxy.errors import MissingExtra
from mockproxy.hosting.asgi_host import AsgiApp, takes

P = ParamSpec("P")
T = TypeVar("T")


def is_wsgi(app: object) -> bool:
    """Whether it takes ``environ`` and ``start_response``; of classes those whose objects are a body (PEP 3333)."""
    if inspect.isclass(app) and not hasattr(app, "__iter__"):
        return False
    return callable(app) and takes(app, 2)


def wsgi_as_asgi(app: Any) -> AsgiApp:
    try:
        from a2wsgi import WSGIMiddleware  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("hosting a WSGI application", "wsgi") from None
    adapted: Any = WSGIMiddleware(app)
    adapted.executor = _DaemonThreads()
    return cast("AsgiApp", adapted)


class _DaemonThreads(Executor):
    """A thread for each call, one that never holds up the exit: a pool's own are waited for, whatever hangs in them."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - carried over to whoever waits for the future
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=run, name="mockproxy wsgi", daemon=True).start()
        return future
