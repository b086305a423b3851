"""Where the body of a message ends (RFC 9112 sections 6 and 7).

A decoder takes octets as they come and gives back the body in them; what follows the message is left to the caller.
No I/O here: the same decoders serve the listener, the upstream and the passive reader of hosted applications.
"""

import re
from typing import Protocol

from mockproxy.errors import MalformedMessage, RefusedRequest
from mockproxy.messages.headers import Headers, RawFields
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.wire.fields import parse_field

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\x00\r\n]*)?")
_DIGITS = re.compile(rb"[0-9]{1,19}")
_CHUNK_LINE_LIMIT = 4096


class BodyDecoder(Protocol):
    """Finds the end of one body."""

    done: bool
    trailers: RawFields

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """The octets of the body in ``data``, and what came behind the body; raises ``MalformedMessage``."""

    def finish(self) -> bool:
        """Whether the body may end because the connection does."""


class NoBody:
    """A message that ends with its head."""

    done = True
    trailers: RawFields = ()

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        return b"", data

    def finish(self) -> bool:
        return True


class LengthBody:
    """A body of ``Content-Length`` octets."""

    trailers: RawFields = ()

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        body, rest = data[: self._left], data[self._left :]
        self._left -= len(body)
        self.done = self._left == 0
        return body, rest

    def finish(self) -> bool:
        return self.done


class UntilClose:
    """A response body that ends with the connection (RFC 9112 section 6.3, rule 8)."""

    done = False
    trailers: RawFields = ()

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        return data, b""

    def finish(self) -> bool:
        self.done = True
        return True


class ChunkedBody:
    """A body in chunks, each behind its size, and a trailer section (RFC 9112 section 7.1)."""

    def __init__(self, trailer_limit: int) -> None:
        self.done = False
        self.trailers: RawFields = ()
        self._trailer_limit = trailer_limit
        self._buffer = b""
        self._left = 0
        self._step = self._size_line

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        self._buffer = self._buffer + data if self._buffer else data
        pieces: list[bytes] = []
        while not self.done and self._step(pieces):
            pass
        rest = b""
        if self.done:
            rest, self._buffer = self._buffer, b""
        return b"".join(pieces), rest

    def finish(self) -> bool:
        return self.done

    def _line(self, limit: int, what: str) -> bytes | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > limit:
                raise MalformedMessage(f"the {what} is longer than {limit} bytes")
            return None
        if end == 0 or self._buffer[end - 1] != 0x0D:
            raise MalformedMessage(f"the {what} ends in a bare LF (RFC 9112 section 7.1)")
        if end > limit:
            raise MalformedMessage(f"the {what} is longer than {limit} bytes")
        line, self._buffer = self._buffer[: end - 1], self._buffer[end + 1 :]
        return line

    def _size_line(self, pieces: list[bytes]) -> bool:
        line = self._line(_CHUNK_LINE_LIMIT, "line of a chunk size")
        if line is None:
            return False
        found = _CHUNK_SIZE.fullmatch(line)
        if found is None:
            raise MalformedMessage(f"bad chunk size {line[:40]!r} (RFC 9112 section 7.1)")
        self._left = int(found.group(1), 16)
        self._step = self._data if self._left else self._trailer_line
        return True

    def _data(self, pieces: list[bytes]) -> bool:
        piece, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
        if piece:
            pieces.append(piece)
        self._left -= len(piece)
        if self._left:
            return False
        self._step = self._data_end
        return True

    def _data_end(self, pieces: list[bytes]) -> bool:
        if len(self._buffer) < 2 and b"\r\n".startswith(self._buffer):
            return False
        if not self._buffer.startswith(b"\r\n"):
            raise MalformedMessage(f"chunk data is not followed by CRLF but by {self._buffer[:10]!r}")
        self._buffer = self._buffer[2:]
        self._step = self._size_line
        return True

    def _trailer_line(self, pieces: list[bytes]) -> bool:
        line = self._line(self._trailer_limit, "trailer section")
        if line is None:
            return False
        if not line:
            self.done = True
            return False
        self._trailer_limit -= len(line)
        self.trailers = (*self.trailers, parse_field(line))
        return True


def request_body(head: RequestHead, trailer_limit: int) -> BodyDecoder:
    """How the body of a request ends (RFC 9112 section 6.3); raises for one that could be read in two ways."""
    coded = _transfer_coding(head.headers, head.version)
    if coded is not None:
        if coded == b"chunked":
            return ChunkedBody(trailer_limit)
        if not coded.endswith(b"chunked"):
            raise MalformedMessage(
                f"the last transfer coding of a request is not chunked: {coded!r} (RFC 9112 section 6.3)"
            )
        raise RefusedRequest(f"transfer coding {coded!r} is not implemented (RFC 9112 section 6.1)", status_code=501)
    length = _content_length(head.headers)
    return LengthBody(length) if length else NoBody()


def response_body(head: ResponseHead, method: str, trailer_limit: int) -> BodyDecoder:
    """How the body of the response to a request with this method ends (RFC 9112 section 6.3)."""
    if method == "HEAD" or head.status < 200 or head.status in (204, 304):
        return NoBody()
    coded = _transfer_coding(head.headers, head.version)
    if coded is not None:
        if coded == b"chunked":
            return ChunkedBody(trailer_limit)
        raise MalformedMessage(f"transfer coding {coded!r} of a response cannot be read (RFC 9112 section 6.1)")
    length = _content_length(head.headers)
    if length is None:
        return UntilClose()
    return LengthBody(length) if length else NoBody()


def persists(headers: Headers, version: str) -> bool:
    """Whether the sender of this message goes on using the connection (RFC 9112 section 9.3)."""
    options = headers.tokens("Connection")
    return "keep-alive" in options if version == "1.0" else "close" not in options


def _transfer_coding(headers: Headers, version: str) -> bytes | None:
    coded = None
    has_length = False
    for name, value in headers.raw:
        size = len(name)
        if size == 17 and name.lower() == b"transfer-encoding":
            coded = value.lower() if coded is None else coded + b", " + value.lower()
        elif size == 14 and name.lower() == b"content-length":
            has_length = True
    if coded is None:
        return None
    if has_length:
        raise MalformedMessage("both Content-Length and Transfer-Encoding (RFC 9112 section 6.1)")
    if version == "1.0":
        raise MalformedMessage("Transfer-Encoding in an HTTP/1.0 message (RFC 9112 section 6.1)")
    return coded


def _content_length(headers: Headers) -> int | None:
    lengths = [value for name, value in headers.raw if len(name) == 14 and name.lower() == b"content-length"]
    if not lengths:
        return None
    if len(lengths) > 1:
        shown = ", ".join(length.decode("latin-1") for length in lengths)
        raise MalformedMessage(f"more than one Content-Length: {shown} (RFC 9112 section 6.3)")
    if not _DIGITS.fullmatch(lengths[0]):
        raise MalformedMessage(f"bad Content-Length {lengths[0][:40]!r} (RFC 9112 section 6.3)")
    return int(lengths[0])
