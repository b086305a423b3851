"""Messages that are still being made: what a middleware may change before they go on.

A body is untouched octets until a middleware asks for it; then its length, coding, ``Vary`` and ``ETag`` follow
RFC 9110, so that the head never says what the body is not.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from mockproxy.credentials.basic import encode as encode_basic
from mockproxy.errors import ConfigurationError, ContentError
from mockproxy.messages.coding import decode, encode, parse_codings
from mockproxy.messages.headers import FieldsGiven, MutableHeaders, RawFields, raw_fields
from mockproxy.messages.length import declared_length
from mockproxy.messages.message import RequestHead, checked_method, checked_status, reason_of
from mockproxy.messages.negotiation import vary_by_coding
from mockproxy.messages.reading import RequestReading, ResponseReading
from mockproxy.messages.source import ByteSource, Held, Resumed, Streamed, read_all
from mockproxy.messages.url import Query, QueryGiven, checked_path, path_and_query, raw_query

# A body up to this size is kept for a wrapping middleware, which may want to send it again.
REPEATABLE_SIZE = 1024 * 1024


class RequestState(NamedTuple):
    """All that can differ between two moments of a request on its way."""

    method: str
    raw_target: str
    fields: RawFields
    path_params: tuple[tuple[str, object], ...]
    edits: int
    length: int | None


class ResponseState(NamedTuple):
    status: int
    reason: str | None
    fields: RawFields
    edits: int
    length: int | None


class OutgoingContent:
    """The body of a message on its way, and the fields that speak of it."""

    __slots__ = ("_held", "_source", "edits", "headers")

    headers: MutableHeaders
    edits: int
    _source: ByteSource
    _held: bytes | None

    @property
    def length(self) -> int | None:
        """The octets of the body where it is known whole, else None."""
        return None if self._held is None else len(self._held)

    async def read(self) -> bytes:
        """The content, decoded.  The body is in memory from then on, and goes on as it came.

        Raises ``ContentError`` for a body that is not what its ``Content-Encoding`` says.
        """
        return decode(await self.hold(), self._codings())

    async def hold(self) -> bytes:
        """The octets of the wire, whole; they are kept in memory and still go on, also where the wait is given up."""
        if self._held is None:
            self._asked()
            source, pieces = self._source, list[bytes]()
            try:
                body = await read_all(source, pieces)
            except BaseException:
                self._source = Resumed(b"".join(pieces), source)
                raise
            self._keep(body, source.trailers)
        assert self._held is not None
        return self._held

    def set_content(self, content: bytes | str) -> None:
        """Replaces the content and keeps the content coding; text is sent as UTF-8."""
        self._replace(encode(_octets(content), self._codings()))

    def set_body(self, body: bytes, coding: str | None = None) -> None:
        """Replaces the octets of the wire, and says that they are coded so (None: not at all)."""
        self._replace(_octets(body))
        self._label(coding)

    def stream(self) -> AsyncIterator[bytes]:
        """The octets of the wire as they come; taken here, they must be put back with ``set_stream``."""
        self._asked()
        source = self.source()
        self._held, self._source = None, _Taken()
        return _pieces(source)

    def set_stream(self, pieces: AsyncIterator[bytes], coding: str | None = None) -> None:
        """Replaces the body by octets that are made while they are sent, and says how they are coded."""
        self._held = None
        self._source = Streamed(pieces)
        self._content_changed()
        del self.headers["Content-Length"]
        self._label(coding)

    def source(self) -> ByteSource:
        """Where the octets that go on come from."""
        return self._source if self._held is None else Held(self._held, self._source.trailers)

    def _codings(self) -> tuple[str, ...]:
        return parse_codings(self.headers.all("Content-Encoding"))

    def _keep(self, body: bytes, trailers: RawFields = ()) -> None:
        self._held = body
        self._source = Held(b"", trailers)

    def _replace(self, body: bytes) -> None:
        self._keep(body)
        self._content_changed()
        del self.headers["Transfer-Encoding"]
        self.headers["Content-Length"] = str(len(body))

    def _content_changed(self) -> None:
        self.edits += 1
        # A digest of other octets would be a lie (RFC 9530 sections 2 and 3), and so would ranges of them be; trailers
        # announce what no longer comes.
        for name in ("Content-MD5", "Content-Digest", "Repr-Digest", "Digest", "Accept-Ranges", "Trailer"):
            del self.headers[name]

    def _label(self, coding: str | None) -> None:
        if coding is None:
            del self.headers["Content-Encoding"]
        else:
            self.headers["Content-Encoding"] = coding

    def _asked(self) -> None:
        """A middleware wants the body."""


class OutgoingRequest(OutgoingContent, RequestReading):
    """The request as it will be sent to the target."""

    __slots__ = ("_asked_for_body", "_method", "_reading", "path_was_set", "raw_target")

    raw_target: str

    def __init__(self, head: RequestHead, fields: RawFields, source: ByteSource, asked: Callable[[], None]) -> None:
        self._method = head.method
        self.raw_target = head.raw_target
        self.headers = MutableHeaders(fields)
        self.edits = 0
        self.path_was_set = False
        self._source = source
        self._asked_for_body = asked
        self._reading = asyncio.Lock()
        self._held = b"" if source.at_end and not source.trailers else None

    @property
    def method(self) -> str:
        return self._method

    @method.setter
    def method(self, method: str) -> None:
        self._method = checked_method(method)

    @property
    def path(self) -> str:
        """The raw path; what is set must be percent-encoded already, and leaves the query alone."""
        return path_and_query(self.raw_target)[0]

    @path.setter
    def path(self, path: str) -> None:
        _, query = path_and_query(self.raw_target)
        self.raw_target = checked_path(path) if query is None else f"{checked_path(path)}?{query}"
        self.path_was_set = True

    @property
    def query(self) -> Query:
        """The query; what is set may be raw text, a mapping or pairs."""
        return Query(self.query_string)

    @query.setter
    def query(self, query: QueryGiven) -> None:
        raw = raw_query(query)
        path = path_and_query(self.raw_target)[0]
        self.raw_target = f"{path}?{raw}" if raw else path

    def set_basic_auth(self, username: str, password: str) -> None:
        """Leaves one ``Authorization`` field with these credentials (RFC 7617)."""
        __tracebackhide__ = True
        self.headers["Authorization"] = encode_basic(username, password)

    def set_bearer_auth(self, token: str) -> None:
        """Leaves one ``Authorization`` field with this token (RFC 6750)."""
        __tracebackhide__ = True
        self.headers["Authorization"] = f"Bearer {token}"

    async def hold(self) -> bytes:
        # An interceptor whose answer streams may read the request while those further out do.
        async with self._reading:
            return await super().hold()

    async def keep_small(self) -> None:
        """Keeps a body in memory that is known to be small, so that it can be sent more than once."""
        if self._held is None:
            declared = declared_length(self.headers)
            if declared is not None and declared <= REPEATABLE_SIZE:
                await self.hold()

    def check_repeatable(self) -> None:
        """Raises ``ContentError`` where the body has gone to a target and cannot be sent again."""
        if self._held is None:
            raise ContentError(
                "the body of this request was streamed to the target and is gone: "
                "`await ctx.request.hold()` before the first call_next() keeps it for another"
            )

    def state(self, path_params: dict[str, object]) -> RequestState:
        params = tuple(path_params.items()) if path_params else ()
        return RequestState(self.method, self.raw_target, self.headers.raw, params, self.edits, self.length)

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Undoes, at its end, what is done to the request inside; the body stays where it was held."""
        method, target, fields, was_set = self.method, self.raw_target, self.headers.raw, self.path_was_set
        held, source, edits = self._held, self._source, self.edits
        try:
            yield
        finally:
            self.method, self.raw_target, self.headers.raw, self.path_was_set = method, target, fields, was_set
            if held is not None or edits != self.edits:
                self._held, self._source, self.edits = held, source, edits

    def _asked(self) -> None:
        self._asked_for_body()


class OutgoingResponse(OutgoingContent, ResponseReading):
    """The response as it will be given to the client."""

    __slots__ = ("_status", "reason")

    def __init__(
        self, status: int, reason: str | None, fields: RawFields, source: ByteSource, held: bytes | None = None
    ) -> None:
        self._status = status
        self.reason = reason
        self.headers = MutableHeaders(fields)
        self.edits = 0
        self._source = source
        self._held = held

    @classmethod
    def whole(cls, status: int, fields: FieldsGiven, body: bytes, reason: str | None = None) -> "OutgoingResponse":
        return cls(checked_status(status), reason, raw_fields(fields), Held(b""), body)

    @property
    def status(self) -> int:
        """The status code; setting it also sets the reason phrase that belongs to it."""
        return self._status

    @status.setter
    def status(self, status: int) -> None:
        self._status = checked_status(status)
        self.reason = reason_of(status)

    def state(self) -> ResponseState:
        return ResponseState(self._status, self.reason, self.headers.raw, self.edits, self.length)

    def _content_changed(self) -> None:
        super()._content_changed()
        # Another representation may no longer claim to be octet for octet the same (RFC 9110 section 8.8.3.3).
        tag = self.headers.get("ETag")
        if tag is not None and not tag.startswith("W/"):
            self.headers["ETag"] = f"W/{tag}"

    def _label(self, coding: str | None) -> None:
        before = self._codings()
        super()._label(coding)
        if self._codings() != before:
            vary_by_coding(self.headers)


class _Taken:
    """In the place of a body that a middleware has taken: it must not go on as an empty one."""

    at_end = False
    trailers: RawFields = ()

    def take(self) -> bytes:
        return b""

    async def next(self) -> bytes:
        raise ContentError("this body was taken with stream() and not put back: set_stream(...) says what goes on")


async def _pieces(source: ByteSource) -> AsyncIterator[bytes]:
    while not source.at_end:
        piece = source.take() or await source.next()
        if piece:
            yield piece


def _octets(content: bytes | str) -> bytes:
    if isinstance(content, str):
        return content.encode()
    if not isinstance(content, bytes):
        raise ConfigurationError(f"a body is bytes or str, not {type(content).__name__}: {content!r}")
    return content
