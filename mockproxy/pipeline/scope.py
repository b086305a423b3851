"""An ASGI HTTP scope over the outgoing request (ASGI specification, HTTP connection scope 2.4).

Built from the request, handed to one interceptor, and read back: what was changed in it is what is forwarded.
"""

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote, unquote

from mockproxy.errors import MiddlewareFailed
from mockproxy.messages.headers import RawFields, raw_fields
from mockproxy.messages.url import path_and_query
from mockproxy.pipeline.context import ProxyContext

# ASGI leaves the values of a scope open: frameworks put objects of their own there.
Scope = MutableMapping[str, Any]

# RFC 3986 section 3.3: what may stand in a path as it is.
SAFE_IN_PATH = "/:@!$&'()*+,;=-._~"


def build_scope(ctx: ProxyContext) -> Scope:
    """A fresh scope; ``state`` is that of the exchange itself, ``path_params`` are decoded as ``path`` is."""
    request = ctx.request
    path, query = path_and_query(request.raw_target)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": ctx.incoming.version,
        "method": request.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": (query or "").encode("latin-1"),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ctx.client,
        "server": ctx.server,
        "state": ctx.state,
        "path_params": {name: _decoded(value) for name, value in ctx.path_params.items()},
        "extensions": {},
    }


def apply_scope(scope: Scope, ctx: ProxyContext) -> None:
    """Takes over what differs from a fresh scope; raises ``MiddlewareFailed`` for what cannot be sent."""
    fresh = build_scope(ctx)
    request = ctx.request
    if scope["method"] != fresh["method"]:
        request.method = scope["method"]
    if scope["raw_path"] != fresh["raw_path"]:
        request.path = scope["raw_path"].decode("latin-1")
    elif scope["path"] != fresh["path"]:
        request.path = quote(scope["path"], safe=SAFE_IN_PATH)
    if scope["query_string"] != fresh["query_string"]:
        request.query = scope["query_string"].decode("latin-1")
    if list(scope["headers"]) != fresh["headers"]:
        request.headers.raw = _with_original_case(raw_fields(scope["headers"]), request.headers.raw)
    ctx.path_params = {
        name: _encoded(value, ctx.path_params.get(name)) for name, value in _mapping(scope, "path_params").items()
    }
    ctx.state = _mapping(scope, "state")


def _decoded(value: object) -> object:
    return unquote(value) if isinstance(value, str) else value


def _encoded(value: object, before: object) -> object:
    """What was left alone stays as it came; a ``/`` stays one, for parameters of more than one segment."""
    if value == _decoded(before):
        return before
    return quote(value, safe=SAFE_IN_PATH) if isinstance(value, str) else value


def _mapping(scope: Scope, key: str) -> dict[str, object]:
    value = scope.get(key)
    if not isinstance(value, dict):
        raise MiddlewareFailed(f"scope[{key!r}] must be a dict, not {type(value).__name__}")
    return value


def _with_original_case(headers: RawFields, original: RawFields) -> RawFields:
    """Names in the case in which they came: an ASGI scope has them lower-case only."""
    cases = {name.lower(): name for name, _ in reversed(original)}
    return tuple((cases.get(name, name), value) for name, value in headers)
