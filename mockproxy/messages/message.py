"""Requests and responses as frozen values of what was on the wire."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from mockproxy.credentials.secret import redact_query
from mockproxy.errors import ConfigurationError
from mockproxy.messages.headers import FieldsGiven, Headers
from mockproxy.messages.payload import Payload
from mockproxy.messages.reading import ContentReading, RequestReading, ResponseReading
from mockproxy.messages.url import path_and_query

# RFC 9110 section 5.6.2
_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


@dataclass(frozen=True, slots=True, repr=False)
class RequestHead(RequestReading):
    """The request line and the header fields: all there is of a request until its body has come."""

    method: str
    raw_target: str
    headers: Headers
    version: str = "1.1"
    raw: bytes = b""

    def __repr__(self) -> str:
        return f"<RequestHead {self.method} {_shown(self.raw_target)}>"


@dataclass(frozen=True, slots=True, repr=False)
class ResponseHead(ResponseReading):
    """The status line and the header fields."""

    status: int
    headers: Headers
    reason: str = ""
    version: str = "1.1"
    raw: bytes = b""

    def __repr__(self) -> str:
        return f"<ResponseHead {self.status} {self.reason}>"


@dataclass(frozen=True, init=False, repr=False)
class Request(RequestReading, ContentReading):
    """A request: what was on the wire at one edge, frozen.

    ``url`` is the request target: a path with its query, or absolute.
    """

    __slots__ = ("authority", "head", "payload")

    head: RequestHead
    payload: Payload
    authority: str

    def __init__(self, method: str, url: str, headers: FieldsGiven = (), body: bytes = b"") -> None:
        __tracebackhide__ = True
        authority, target = _split_url(url)
        self._fill(RequestHead(checked_method(method), target, Headers(headers)), _given_body(body), authority)

    @classmethod
    def recorded(cls, head: RequestHead, payload: Payload, authority: str) -> "Request":
        """A parsed head and the body behind it, as they came to (or went from) ``authority``."""
        request = cls.__new__(cls)
        request._fill(head, payload, authority)
        return request

    def _fill(self, head: RequestHead, payload: Payload, authority: str) -> None:
        object.__setattr__(self, "head", head)
        object.__setattr__(self, "payload", payload)
        object.__setattr__(self, "authority", authority)

    @property
    def method(self) -> str:
        return self.head.method

    @property
    def raw_target(self) -> str:
        """The request target as it stands in the request line."""
        return self.head.raw_target

    @property
    def headers(self) -> Headers:
        return self.head.headers

    @property
    def version(self) -> str:
        """``1.1`` or ``1.0``."""
        return self.head.version

    @property
    def raw_head(self) -> bytes:
        """The request line and the header fields, octet for octet."""
        return self.head.raw

    @property
    def url(self) -> str:
        """The absolute URL, made of the request target and the server that it was sent to."""
        if not self.raw_target.startswith("/"):
            return self.raw_target
        return f"http://{self.authority or self.headers.get('Host', '')}{self.raw_target}"

    def __repr__(self) -> str:
        return f"<Request {self.method} {_shown(self.raw_target)} {_measure(self)}>"


@dataclass(frozen=True, init=False, repr=False)
class Response(ResponseReading, ContentReading):
    """A response: what was on the wire at one edge, frozen.

    ``informational`` are the interim responses (1xx) that came before it, in order.
    """

    __slots__ = ("head", "informational", "payload")

    head: ResponseHead
    payload: Payload
    informational: tuple[ResponseHead, ...]

    def __init__(self, status: int, reason: str | None = None, headers: FieldsGiven = (), body: bytes = b"") -> None:
        __tracebackhide__ = True
        phrase = reason_of(status) if reason is None else checked_reason(reason)
        self._fill(ResponseHead(checked_status(status), Headers(headers), phrase), _given_body(body), ())

    @classmethod
    def recorded(cls, head: ResponseHead, payload: Payload, informational: tuple[ResponseHead, ...] = ()) -> "Response":
        """A parsed head and the body behind it."""
        response = cls.__new__(cls)
        response._fill(head, payload, informational)
        return response

    def _fill(self, head: ResponseHead, payload: Payload, informational: tuple[ResponseHead, ...]) -> None:
        object.__setattr__(self, "head", head)
        object.__setattr__(self, "payload", payload)
        object.__setattr__(self, "informational", informational)

    @property
    def status(self) -> int:
        return self.head.status

    @property
    def reason(self) -> str:
        return self.head.reason

    @property
    def headers(self) -> Headers:
        return self.head.headers

    @property
    def version(self) -> str:
        """``1.1`` or ``1.0``."""
        return self.head.version

    @property
    def raw_head(self) -> bytes:
        """The status line and the header fields, octet for octet."""
        return self.head.raw

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.reason} {_measure(self)}>"


def reason_of(status: int) -> str:
    """The reason phrase that the standard gives a status code; empty for one it does not know."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def checked_status(status: int) -> int:
    """A final status code (RFC 9110 section 15); raises ``ConfigurationError`` for any other value."""
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 999:
        raise ConfigurationError(f"the status of a response must be a number from 200 to 999, not {status!r}")
    return status


def checked_method(method: str) -> str:
    """A method that can stand in a request line (RFC 9110 section 9.1); raises ``ConfigurationError`` for any other."""
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        raise ConfigurationError(
            f"the method {method!r} cannot be sent: it is one or more of A-Z a-z 0-9 !#$%&'*+-.^_`|~, such as 'GET'"
        )
    return method


def checked_reason(reason: str) -> str:
    """A reason phrase (RFC 9112 section 4); raises ``ConfigurationError`` for one that would end the status line."""
    if any(mark in reason for mark in "\r\n\0"):
        raise ConfigurationError(f"the reason phrase {reason!r} holds a line break or NUL")
    return reason


def _given_body(body: bytes) -> Payload:
    if not isinstance(body, bytes):
        raise ConfigurationError(f"the body of a message must be bytes, not {type(body).__name__}: {body!r}")
    return Payload.whole(body)


def _split_url(url: str) -> tuple[str, str]:
    if "://" not in url:
        return "", url
    authority, slash, target = url.partition("://")[2].partition("/")
    return authority, slash + target or "/"


def _shown(raw_target: str) -> str:
    path, query = path_and_query(raw_target)
    return path if query is None else f"{path}?{redact_query(query)}"


def _measure(message: Request | Response) -> str:
    codings = f" {', '.join(message.codings)}" if message.codings else ""
    return f"{message.size} B{codings}"
