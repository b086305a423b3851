"""What can be read from a message, be it recorded, on its way, or a head whose body has not come.

A reading never changes the message: ``path`` is as raw as ``raw_target``, and ``content`` is decoded from ``body`` when
it is asked for.
"""

from typing import TYPE_CHECKING

from mockproxy.credentials.authorization import Credential, parse
from mockproxy.errors import ContentError
from mockproxy.messages.coding import decode, parse_codings
from mockproxy.messages.headers import FieldReading, Headers
from mockproxy.messages.media import JSON, form_of, json_of, text_of
from mockproxy.messages.payload import Payload
from mockproxy.messages.url import Query, path_and_query


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
        """The length of the whole body on the wire; of one whose rest nobody read, as much as was read."""
        return self.payload.size

    @property
    def sha256(self) -> str:
        """The SHA-256 of the whole body on the wire, in hexadecimal digits."""
        return self.payload.sha256

    @property
    def truncated(self) -> bool:
        """Whether the record holds only the beginning: the rest is beyond ``record_limit``, or nobody read it."""
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
        if self.payload.unread:
            raise ContentError(
                f"{self.size} bytes of this body were read, and not its end: it was answered, or broke off, before that"
            )
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


def _unquoted(value: str) -> str:
    """A cookie value without the quotes it may stand in (RFC 6265 section 4.1.1)."""
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value
