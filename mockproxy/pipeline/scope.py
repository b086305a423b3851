"""An ASGI HTTP scope over the outgoing request (ASGI specification, HTTP connection scope 2.4).

Built from the request, handed to one interceptor, and read back: what was changed in it is what is forwarded.
What else an interceptor puts there, those further inside find in theirs.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from types import NoneType
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from mockproxy.errors import ConfigurationError
from mockproxy.messages.headers import RawField, RawFields, raw_fields
from mockproxy.messages.url import checked_path, path_and_query, raw_query
from mockproxy.pipeline.context import ProxyContext

# ASGI leaves the values of a scope open: frameworks put objects of their own there.
Scope = MutableMapping[str, Any]

# RFC 3986 section 3.3: what may stand in a path as it is.
SAFE_IN_PATH = "/:@!$&'()*+,;=-._~"
_QUERY = "scope['query_string']"
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
# What the request is made of, and what it must be for that; everything else in a scope is passed on as it is.
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "method": ((str,), "str"),
    "path": ((str,), "str"),
    "raw_path": ((bytes, NoneType), "bytes or None"),
    "query_string": ((bytes,), "bytes"),
    "headers": ((object,), "pairs of bytes"),
    "state": ((dict,), "a dict"),
    "path_params": ((dict,), "a dict"),
}


def build_scope(ctx: ProxyContext) -> Scope:
    """A fresh scope; ``state`` is that of the exchange itself, ``path_params`` are decoded as ``path`` is."""
    request = ctx.request
    path, query = path_and_query(request.raw_target)
    return {
        **(ctx.scope or _surroundings(ctx)),
        "method": request.method.upper(),
        "path": _decoded(path),
        "raw_path": path.encode("latin-1"),
        "query_string": (query or "").encode("latin-1"),
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "state": ctx.state,
        "path_params": {name: _decoded(value) for name, value in ctx.path_params.items()},
    }


def apply_scope(scope: Scope, ctx: ProxyContext) -> None:
    """Takes over what differs from a fresh scope; raises ``ConfigurationError`` for what cannot be sent.

    The raw path decides where both paths are changed; where it was taken out, as ASGI allows, the other one does.
    """
    _check_kinds(scope)
    fresh = build_scope(ctx)
    request = ctx.request
    if scope["method"] != fresh["method"]:
        request.method = scope["method"]
    raw_path = scope.get("raw_path")
    if raw_path is not None and raw_path != fresh["raw_path"]:
        request.path = checked_path(raw_path.decode("latin-1"), query=_QUERY)
    elif scope["path"] != fresh["path"]:
        request.path = checked_path(_quoted("scope['path']", scope["path"]), query=_QUERY)
    if scope["query_string"] != fresh["query_string"]:
        request.query = raw_query(scope["query_string"].decode("latin-1"), name=_QUERY)
    if scope["headers"] != fresh["headers"]:
        headers = pairs_of_bytes("scope['headers']", scope["headers"])
        _check_framing(_framing(headers), _framing(fresh["headers"]), request.length)
        request.headers.raw = _with_original_case(raw_fields(headers), request.headers.raw)
    params, before = scope["path_params"], ctx.path_params
    ctx.path_params = {name: _parameter(name, value, before) for name, value in params.items()}
    ctx.state = scope["state"]
    ctx.scope = {key: value for key, value in scope.items() if key not in _KINDS}


def pairs_of_bytes(what: str, given: Any) -> list[RawField]:
    """Header fields as ASGI has them; raises ``ConfigurationError``, which shows no value, for anything else."""
    pairs = list(given) if isinstance(given, Iterable) else [given]
    for pair in pairs:
        if not _is_pair_of_bytes(pair):
            raise ConfigurationError(f"{what} must be pairs of bytes such as (b'x-name', b'value'), not {_kind(pair)}")
    return [(name, value) for name, value in pairs]


def _surroundings(ctx: ProxyContext) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": ctx.incoming.version,
        "scheme": "http",
        "root_path": "",
        "client": ctx.client,
        "server": ctx.server,
        "extensions": {},
    }


def _check_kinds(scope: Scope) -> None:
    for key, (kinds, words) in _KINDS.items():
        if key not in scope and key != "raw_path":
            raise ConfigurationError(f"scope[{key!r}] is gone; it must be {words}")
        if not isinstance(scope.get(key), kinds):
            raise ConfigurationError(f"scope[{key!r}] must be {words}, not {type(scope[key]).__name__}")


def _framing(headers: Iterable[RawField]) -> list[RawField]:
    return [(name.lower(), value) for name, value in headers if name.lower() in _FRAMING]


def _check_framing(framing: list[RawField], before: list[RawField], length: int | None) -> None:
    """An interceptor has no say in the body, so other framing would cut it off or run into the next message."""
    known = [(b"content-length", str(length).encode())]
    if framing and framing not in (before, known, [(b"transfer-encoding", b"chunked")]):
        fields = ", ".join(f"{name.decode()}: {value.decode('latin-1')}" for name, value in framing)
        raise ConfigurationError(f"scope['headers'] frame the body by {fields!r}, and it goes on as it came")


def _is_pair_of_bytes(pair: object) -> bool:
    return isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(part, bytes) for part in pair)


def _kind(pair: object) -> str:
    if isinstance(pair, tuple | list):
        return f"({', '.join(type(part).__name__ for part in pair)})"
    return type(pair).__name__


def _decoded(value: Any) -> Any:
    """What stood on the wire, where a character is an octet, as ASGI has it: UTF-8 text."""
    if not isinstance(value, str):
        return value
    return unquote_to_bytes(value.encode("latin-1", "replace")).decode(errors="replace")


def _parameter(name: str, value: object, before: Mapping[str, object]) -> object:
    """What was left alone stays as it came; a ``/`` stays one, for parameters of more than one segment."""
    if name in before and value == _decoded(before[name]):
        return before[name]
    if value is None or isinstance(value, bytes):
        raise ConfigurationError(
            f"scope['path_params'][{name!r}] must be what can stand in a path, not {type(value).__name__}"
        )
    return _quoted(f"scope['path_params'][{name!r}]", value) if isinstance(value, str) else value


def _quoted(what: str, text: str) -> str:
    try:
        return quote(text, safe=SAFE_IN_PATH)
    except UnicodeEncodeError as error:
        seen = f"{text[error.start]!a} at {error.start}"
        raise ConfigurationError(
            f"{what} holds {seen}, half of a surrogate pair, which is no character: decode octets as UTF-8"
        ) from None


def _with_original_case(headers: RawFields, original: RawFields) -> RawFields:
    """Names in the case in which they came: an ASGI scope has them lower-case only."""
    lines: dict[RawField, list[bytes]] = {}
    cases: dict[bytes, bytes] = {}
    for name, value in reversed(original):
        lines.setdefault((name.lower(), value), []).append(name)
        cases[name.lower()] = name

    def original_name(line: RawField) -> bytes:
        same = lines.get(line)
        return same.pop() if same else cases.get(line[0], line[0])

    return tuple((original_name(line), line[1]) for line in headers)
