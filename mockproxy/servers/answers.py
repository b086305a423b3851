"""Responses of other libraries, and errors that ask for a response, made into our own."""

import json
import sys
from typing import Any

from mockproxy.errors import MockProxyError
from mockproxy.messages.headers import RawFields, raw_fields
from mockproxy.messages.message import Response, reason_of
from mockproxy.routes.reply import Reply

# The body is written here, and framed for itself, whatever an error says of another one.
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


def reply_of(result: object) -> Reply | None:
    """The reply in an ``aiohttp.web.Response``; None for what is no such thing.

    Raises ``TypeError`` for a streaming response of aiohttp, which needs a server of aiohttp's own.
    """
    web = _aiohttp_web()
    if web is None or not isinstance(result, web.StreamResponse):
        return None
    status, reason, fields, body = _read_aiohttp(result)
    return Reply(status, reason, fields, body)


def response_of_error(error: BaseException) -> Response | None:
    """The response that an exception asks for; None for one that was not meant to be an answer.

    Known are the errors of this library, ``aiohttp.web.HTTPException``, and any exception with an HTTP
    ``status_code``, as web frameworks have them, with their ``detail`` and ``headers``.
    One whose response cannot be sent gets a note that says why.
    """
    try:
        return _meant_by(error)
    except (ValueError, TypeError) as unsendable:
        error.add_note(f"the response that it asks for cannot be sent: {unsendable}")
        return None


def _meant_by(error: BaseException) -> Response | None:
    web = _aiohttp_web()
    if web is not None and isinstance(error, web.HTTPException):
        status, reason, fields, body = _read_aiohttp(error)
        return Response(status, reason, fields, body)
    code = getattr(error, "status_code", None)
    return _with_detail(error, code) if isinstance(code, int) and _is_answer(code, error) else None


def _is_answer(status: int, error: BaseException) -> bool:
    """A redirection is one that says where to: exceptions that only report a status of 2xx or 3xx ask for nothing."""
    if 300 <= status <= 399:
        return "location" in {name.lower() for name in dict(getattr(error, "headers", None) or ())}
    return 400 <= status <= 599


def _with_detail(error: BaseException, status: int) -> Response:
    detail = getattr(error, "detail", None) or (str(error) if isinstance(error, MockProxyError) else None)
    kind, body = _written(detail or reason_of(status))
    fields = [line for line in raw_fields(getattr(error, "headers", None) or ()) if line[0].lower() not in _FRAMING]
    if b"content-type" not in {name.lower() for name, _ in fields}:
        fields.append((b"Content-Type", kind))
    return Response(int(status), None, fields, body)


def _written(detail: object) -> tuple[bytes, bytes]:
    """The media type and the body."""
    if isinstance(detail, str):
        return b"text/plain; charset=utf-8", f"{detail}\n".encode()
    return b"application/json", json.dumps({"detail": detail}, default=str).encode()


def _aiohttp_web() -> Any:
    """aiohttp's module, where anything has imported it; a response of it cannot exist otherwise."""
    return sys.modules.get("aiohttp.web")


def _read_aiohttp(response: Any) -> tuple[int, str | None, RawFields, bytes]:
    body = getattr(response, "body", None)
    if not hasattr(response, "body") or not isinstance(body, bytes | None):
        raise TypeError(
            f"{type(response).__name__} streams its body and cannot be sent from here: "
            "return aiohttp.web.Response, use reply(stream=...), or host the application with TargetServer(app)"
        )
    fields = [
        *response.headers.items(),
        *(("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()),
    ]
    return response.status, response.reason, raw_fields(fields), body or b""
