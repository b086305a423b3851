"""Requests and responses as frozen values of what was on the wire, and the readings they share.

A reading never changes the message: ``path`` is as raw as ``raw_target``, and ``content`` is decoded from ``body`` when
it is asked for.
"""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from mockproxy.credentials.authorization import Credential, parse
from mockproxy.credentials.secret import redact_query
from mockproxy.errors import ConfigurationError, ContentError
from mockproxy.messages.coding import decode, parse_codings
from mockproxy.messages.headers import FieldReading, FieldsGiven, Headers
from mockproxy.messages.media import JSON, form_of, json_of, text_of
from mockproxy.messages.payload import Payload
from mockproxy.messages.url import Query, path_and_query

# RFC 9110 section 5.6.2
_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class RequestReading:
    """What a request line and header fields say."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def method(self) -> str: ...

        @property
        def raw_target(self) -> str: ...

        @property
        def headers(self) -> FieldReading: ...

    @property
    def path(self) -> str:
        """The path as sent: percent-encoding, dots and double slashes kept."""
        return path_and_query(self.raw_target)[0]

    @property
    def query_string(self) -> str:
        """What follows the ``?`` as sent; empty where there is none."""
        return path_and_query(self.raw_target)[1] or ""

    @property
    def query(self) -> Query:
        return Query(self.query_string)

    @property
    def cookies(self) -> dict[str, str]:
        """The pairs of all ``Cookie`` lines; of two with one name the first: browsers send the closest path first."""
        pairs = [pair.strip().partition("=") for line in self.headers.all("Cookie") for pair in line.split(";")]
        return {name: _unquoted(value) for name, mark, value in reversed(pairs) if mark}

    @property
    def authorization(self) -> Credential | None:
        """The parsed credential of ``Authorization``; None where there is no such field."""
        value = self.headers.get("Authorization")
        return None if value is None else parse(value)


class ResponseReading:
    """What a status line and header fields say."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def status(self) -> int: ...

        @property
        def headers(self) -> FieldReading: ...

    @property
    def cookies(self) -> dict[str, str]:
        """The name and value of each ``Set-Cookie`` line; of two with one name the last, as a client keeps it."""
        pairs = [line.partition(";")[0].partition("=") for line in self.headers.all("Set-Cookie")]
        return {name.strip(): _unquoted(value.strip()) for name, mark, value in pairs if mark}


class ContentReading:
    """What the body of a recorded message says.

    ``ContentError`` is raised by every decoding property for a body that is not what the header fields say, and for
    one of which the record holds only the beginning.
    """

    __slots__ = ()

    payload: Payload

    if TYPE_CHECKING:

        @property
        def headers(self) -> Headers: ...

    @property
    def body(self) -> bytes:
        """The bytes on the wire, without transfer coding, up to the limit of the record."""
        return self.payload.data

    @property
    def size(self) -> int:
        """The length of the whole body on the wire."""
        return self.payload.size

    @property
    def sha256(self) -> str:
        """The SHA-256 of the whole body on the wire, in hexadecimal digits."""
        return self.payload.sha256

    @property
    def truncated(self) -> bool:
        """Whether the record holds only the beginning of the body."""
        return self.payload.truncated

    @property
    def trailers(self) -> Headers:
        """The trailer section of a chunked body (RFC 9112 section 7.1.2)."""
        return Headers.of_wire(self.payload.trailers)

    @property
    def codings(self) -> tuple[str, ...]:
        """The content codings, in the order in which they were applied."""
        return parse_codings(self.headers.all("Content-Encoding"))

    @property
    def content(self) -> bytes:
        """The body with its content codings undone."""
        if self.truncated:
            raise ContentError(
                f"the record holds {len(self.body)} of {self.size} bytes of this body; "
                "a higher record_limit keeps it whole"
            )
        return decode(self.body, self.codings)

    @property
    def text(self) -> str:
        return text_of(self.content, self.headers.get("Content-Type"))

    def json(self) -> JSON:
        return json_of(self.content, self.headers.get("Content-Type"))

    def form(self) -> list[tuple[str, str]]:
        """The fields of a URL-encoded or multipart form, in order, with repeats."""
        return form_of(self.content, self.headers.get("Content-Type"))


@dataclass(frozen=True, slots=True)
class RequestHead(RequestReading):
    """The request line and the header fields: all there is of a request until its body has come."""

    method: str
    raw_target: str
    headers: Headers
    version: str = "1.1"
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ResponseHead(ResponseReading):
    """The status line and the header fields."""

    status: int
    headers: Headers
    reason: str = ""
    version: str = "1.1"
    raw: bytes = field(default=b"", repr=False)


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
        path, query = path_and_query(self.raw_target)
        target = path if query is None else f"{path}?{redact_query(query)}"
        return f"<Request {self.method} {target} {_measure(self)}>"


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


def _measure(message: Request | Response) -> str:
    codings = f" {', '.join(message.codings)}" if message.codings else ""
    return f"{message.size} B{codings}"


def _unquoted(value: str) -> str:
    """A cookie value without the quotes it may stand in (RFC 6265 section 4.1.1)."""
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value
