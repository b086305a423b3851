"""Where the body of a message ends (RFC 9112 sections 6 and 7).

A decoder takes octets as they come and gives back the body in them; what follows the message is left to the caller.
No I/O here: the same decoders serve the listener, the upstream and the passive reader of hosted applications.
"""

import re
from typing import Protocol

from mockproxy.errors import MalformedMessage, RefusedRequest
from mockproxy.messages.headers import Headers, RawField, RawFields
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
        self._trailer_lines: list[RawField] = []
        self._buffer = b""
        # Read up to here: cutting the buffer at every chunk would copy a read of tiny chunks thousands of times.
        self._at = 0
        self._left = 0
        self._step = self._size_line

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        self._buffer = self._buffer + data if self._buffer else data
        self._at = 0
        pieces: list[bytes] = []
        while not self.done and self._step(pieces):
            pass
        rest = self._buffer[self._at :]
        self._buffer = b"" if self.done else rest
        return b"".join(pieces), rest if self.done else b""

    def finish(self) -> bool:
        return self.done

    def _line(self, limit: int, what: str) -> bytes | None:
        start = self._at
        end = self._buffer.find(b"\n", start)
        if (len(self._buffer) if end < 0 else end) - start > limit:
            raise MalformedMessage(f"the {what} is longer than {limit} bytes")
        if end < 0:
            return None
        if end == start or self._buffer[end - 1] != 0x0D:
            raise MalformedMessage(f"the {what} ends in a bare LF (RFC 9112 section 7.1)")
        self._at = end + 1
        return self._buffer[start : end - 1]

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
        piece = self._buffer[self._at : self._at + self._left]
        if piece:
            pieces.append(piece)
        self._at += len(piece)
        self._left -= len(piece)
        if self._left:
            return False
        self._step = self._data_end
        return True

    def _data_end(self, pieces: list[bytes]) -> bool:
        end = self._buffer[self._at : self._at + 2]
        if end != b"\r\n":
            if b"\r\n".startswith(end):
                return False
            raise MalformedMessage(f"chunk data is not followed by CRLF but by {end!r} (RFC 9112 section 7.1)")
        self._at += 2
        self._step = self._size_line
        return True

    def _trailer_line(self, pieces: list[bytes]) -> bool:
        line = self._line(self._trailer_limit, "trailer section")
        if line is None:
            return False
        if not line:
            self.trailers = tuple(self._trailer_lines)
            self.done = True
            return False
        if b"\r" in line or b"\x00" in line:
            raise MalformedMessage("a bare CR or a NUL in the trailer section (RFC 9112 section 2.2)")
        self._trailer_limit -= len(line) + 2
        self._trailer_lines.append(parse_field(line))
        return True


def request_body(head: RequestHead, trailer_limit: int) -> BodyDecoder:
    """How the body of a request ends (RFC 9112 section 6.3); raises for one that could be read in two ways."""
    coded = _transfer_coding(head.headers, head.version)
    if coded is not None:
        if coded == b"chunked":
            return ChunkedBody(trailer_limit)
        if _members(coded)[-1] != b"chunked":
            raise MalformedMessage(
                f"the last transfer coding of a request is not chunked: {coded!r} (RFC 9112 section 6.3)"
            )
        if _members(coded).count(b"chunked") > 1:
            raise MalformedMessage(f"chunked more than once: {coded!r} (RFC 9112 section 7.1)")
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
    return "close" not in options and (version != "1.0" or "keep-alive" in options)


def _members(coded: bytes) -> list[bytes]:
    return [member.strip(b" \t") for member in coded.split(b",")]


def _transfer_coding(headers: Headers, version: str) -> bytes | None:
    lines = headers.values_of(b"transfer-encoding")
    if not lines:
        return None
    if headers.values_of(b"content-length"):
        raise MalformedMessage("both Content-Length and Transfer-Encoding (RFC 9112 section 6.1)")
    if version == "1.0":
        raise MalformedMessage("Transfer-Encoding in an HTTP/1.0 message (RFC 9112 section 6.1)")
    return b", ".join(lines).lower()


def _content_length(headers: Headers) -> int | None:
    lengths = headers.values_of(b"content-length")
    if not lengths:
        return None
    if len(lengths) > 1:
        shown = ", ".join(length.decode("latin-1") for length in lengths)
        raise MalformedMessage(f"more than one Content-Length: {shown} (RFC 9112 section 6.3)")
    if not _DIGITS.fullmatch(lengths[0]):
        raise MalformedMessage(f"bad Content-Length {lengths[0][:40]!r} (RFC 9112 section 6.3)")
    return int(lengths[0])
