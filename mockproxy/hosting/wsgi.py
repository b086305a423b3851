"""WSGI applications, made into ASGI ones by a2wsgi, which runs them in threads."""

from typing import Any, cast

from mockproxy.errors import MissingExtra
from mockproxy.hosting.asgi_host import AsgiApp


def wsgi_as_asgi(app: Any) -> AsgiApp:
    try:
        from a2wsgi import WSGIMiddleware  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("hosting a WSGI application", "wsgi") from None
    return cast("AsgiApp", WSGIMiddleware(app))
