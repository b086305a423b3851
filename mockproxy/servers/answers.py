"""Responses of other libraries, and errors that ask for a response, made into our own."""

import json
import sys
from typing import Any

from mockproxy.errors import ConfigurationError, MockProxyError
from mockproxy.messages.headers import RawFields, raw_fields
from mockproxy.messages.message import Response, reason_of
from mockproxy.routes.reply import Reply

_TEXT = "text/plain; charset=utf-8"


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
    except (ConfigurationError, TypeError) as unsendable:
        error.add_note(f"the response that it asks for cannot be sent: {unsendable}")
        return None


def _meant_by(error: BaseException) -> Response | None:
    web = _aiohttp_web()
    if web is not None and isinstance(error, web.HTTPException):
        status, reason, fields, body = _read_aiohttp(error)
        return Response(status, reason, fields, body)
    code = getattr(error, "status_code", None)
    return _with_detail(error, code) if isinstance(code, int) and 400 <= code <= 599 else None


def _with_detail(error: BaseException, status: int) -> Response:
    detail = getattr(error, "detail", None) or (str(error) if isinstance(error, MockProxyError) else None)
    fields = raw_fields(getattr(error, "headers", None) or ())
    if detail is None:
        return Response(status, None, (*fields, (b"Content-Type", _TEXT)), f"{reason_of(status)}\n".encode())
    if isinstance(detail, str):
        return Response(status, None, (*fields, (b"Content-Type", _TEXT)), f"{detail}\n".encode())
    body = json.dumps({"detail": detail}, default=str).encode()
    return Response(status, None, (*fields, (b"Content-Type", b"application/json")), body)


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
