"""Octets of a connection cut into messages, one at a time.

The reader stops behind each message and keeps what follows until it is told to go on: a peer that pipelines a
thousand requests costs a thousand heads of memory, not a thousand tasks.
"""

import re
from typing import Protocol

from mockproxy.errors import MalformedMessage, RefusedRequest
from mockproxy.messages.headers import RawFields
from mockproxy.wire.framing import BodyDecoder

_BARE_LF = re.compile(rb"(?<!\r)\n")


class MessageSink(Protocol):
    """Who is told what was read, in this order: one head, any number of pieces of body, one end."""

    def head_read(self, raw: bytes) -> BodyDecoder:
        """Takes a head with its empty line and says how the body behind it ends."""

    def body_read(self, data: bytes) -> None: ...

    def message_read(self, trailers: RawFields) -> None: ...


class MessageReader:
    """Reads the messages of one direction of a connection into a sink.

    ``feed`` raises ``MalformedMessage`` or ``RefusedRequest``; after that the connection cannot be read on.
    """

    __slots__ = ("_body", "_buffer", "_head_limit", "_sink", "_start", "expects_head")

    def __init__(self, sink: MessageSink, start: re.Pattern[bytes], head_limit: int) -> None:
        self._sink = sink
        self._start = start
        self._head_limit = head_limit
        self._buffer = b""
        self._body: BodyDecoder | None = None
        self.expects_head = True
        """No message is under way or waits for its answer: what comes next is a head."""

    @property
    def unread(self) -> bytes:
        """What has come and belongs to no message yet."""
        return self._buffer

    def feed(self, data: bytes) -> None:
        """Reads on, up to the end of the message at the most."""
        if self._body is not None:
            self._feed_body(data)
            return
        self._buffer = self._buffer + data if self._buffer else data
        if self.expects_head:
            self._read_head()

    def read_next(self) -> None:
        """Goes on to the message behind the one that has ended."""
        self.expects_head = True
        if self._buffer:
            self._read_head()

    def finish(self) -> bool:
        """The connection has ended: whether that was a proper place to do so."""
        if self._body is None:
            return not self._buffer
        proper = self._body.finish()
        if proper:
            self._end_message(self._body)
        return proper

    def _read_head(self) -> None:
        buffer = self._buffer
        if buffer.startswith(b"\r\n"):
            # RFC 9112 section 2.2: an empty line before a message is ignored.
            buffer = self._buffer = buffer[2:]
        end = buffer.find(b"\r\n\r\n")
        if end < 0 or end > self._head_limit:
            self._check_incomplete(buffer)
            return
        end += 4
        self.expects_head = False
        self._buffer = b""
        body = self._body = self._sink.head_read(buffer[:end])
        if body.done:
            self._buffer = buffer[end:]
            self._end_message(body)
        elif end < len(buffer):
            self._feed_body(buffer[end:])

    def _feed_body(self, data: bytes) -> None:
        body = self._body
        assert body is not None
        piece, rest = body.feed(data)
        if piece:
            self._sink.body_read(piece)
        if body.done:
            self._buffer = rest
            self._end_message(body)

    def _end_message(self, body: BodyDecoder) -> None:
        self._body = None
        self._sink.message_read(body.trailers)

    def _check_incomplete(self, buffer: bytes) -> None:
        """Refuses now what can never become a head, rather than wait for its end."""
        if len(buffer) > self._head_limit:
            raise RefusedRequest(f"the head is longer than {self._head_limit} bytes", status_code=431)
        first_line = buffer.partition(b"\n")[0]
        if first_line not in (b"", b"\r") and not self._start.fullmatch(first_line):
            raise MalformedMessage(f"not HTTP: it starts with {buffer[:20]!r}{_guess(buffer)}")
        if _BARE_LF.search(buffer):
            raise MalformedMessage("a bare LF in the head (RFC 9112 section 2.2)")


def _guess(buffer: bytes) -> str:
    # A TLS record of type handshake (RFC 8446 section 5.1).
    return ", a TLS handshake: use http://, not https://" if buffer[:2] == b"\x16\x03" else ""
