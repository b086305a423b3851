"""WSGI applications, made into ASGI ones by a2wsgi, which runs them in threads."""

from typing import Any, cast

from mockproxy.errors import MissingExtra
from mockproxy.hosting.asgi_host import AsgiApp, takes


def is_wsgi(app: object) -> bool:
    return callable(app) and takes(app, 2)


def wsgi_as_asgi(app: Any) -> AsgiApp:
    try:
        from a2wsgi import WSGIMiddleware  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("hosting a WSGI application", "wsgi") from None
    return cast("AsgiApp", WSGIMiddleware(app))
