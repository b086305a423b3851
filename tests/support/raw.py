"""HTTP as octets on a socket, for both ends of a journey: nothing is added, mended or hidden.

Independent of the library on purpose: what a test expects is never computed by what it tests.
"""

import hashlib
import socket
import struct
from dataclasses import dataclass

PATIENCE = 5.0
"""Seconds that one operation on a socket may take; a test that takes longer has failed."""

Field = tuple[bytes, bytes]


class StreamEnded(Exception):
    """The peer ended the connection where more was to come; the text says how: FIN or RST."""


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message as it was on the wire: ``payload`` is what stood behind the head, ``body`` that without chunks."""

    head: bytes
    payload: bytes
    body: bytes
    trailers: tuple[Field, ...] = ()

    @property
    def raw(self) -> bytes:
        return self.head + self.payload

    @property
    def start(self) -> bytes:
        return self.head.partition(b"\r\n")[0]

    @property
    def target(self) -> bytes:
        return self.start.split(b" ")[1]

    @property
    def status(self) -> int:
        return int(self.start.split(b" ")[1])

    @property
    def fields(self) -> list[Field]:
        return [_field(line) for line in self.head.split(b"\r\n")[1:-2]]

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def first(self, name: bytes) -> bytes | None:
        return next(iter(self.all(name)), None)


def message(*lines: bytes, body: bytes = b"") -> bytes:
    """A start line and field lines, the empty line, and what follows."""
    return b"\r\n".join([*lines, b"", b""]) + body


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Wire:
    """A socket at which a test speaks octets; it remembers the messages it read."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE)
        self.sock = sock
        self.messages: list[RawMessage] = []
        self.ended: str | None = None
        self._buffer = bytearray()

    # Sending.

    def send(self, *pieces: bytes) -> None:
        try:
            self.sock.sendall(b"".join(pieces))
        except (BrokenPipeError, ConnectionResetError) as error:
            self.ended = self.ended or "RST"
            raise StreamEnded("RST") from error

    def half_close(self) -> None:
        """Says that nothing more will be sent, and goes on reading."""
        self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Ends the connection with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        self.sock.close()

    # Reading.

    def until(self, marker: bytes) -> bytes:
        """The octets up to and with this marker; raises ``StreamEnded``."""
        start = 0
        while (found := self._buffer.find(marker, start)) < 0:
            start = max(0, len(self._buffer) - len(marker))
            self._fill()
        return self._take(found + len(marker))

    def exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill()
        return self._take(count)

    def rest(self) -> bytes:
        """All that comes until the peer ends the connection; ``ended`` then says how it did."""
        try:
            while True:
                self._fill()
        except StreamEnded:
            return self._take(len(self._buffer))

    def digest(self, count: int) -> str:
        """The SHA-256 of the next octets, which are not kept."""
        digest = hashlib.sha256()
        while count:
            if not self._buffer:
                self._fill()
            taken = self._take(min(count, len(self._buffer)))
            digest.update(taken)
            count -= len(taken)
        return digest.hexdigest()

    def head(self) -> RawMessage:
        """The head of a message, without the body behind it."""
        head = RawMessage(self.until(b"\r\n\r\n"), b"", b"")
        self.messages.append(head)
        return head

    def message(self, *, answers: str | None = None) -> RawMessage:
        """A whole message; ``answers`` is the method that a response belongs to, None for a request."""
        head = RawMessage(self.until(b"\r\n\r\n"), b"", b"")
        read = self._with_body(head, answers)
        self.messages.append(read)
        return read

    def _with_body(self, head: RawMessage, answers: str | None) -> RawMessage:
        if answers is not None and (answers == "HEAD" or head.status < 200 or head.status in (204, 304)):
            return head
        if b"chunked" in head.all(b"Transfer-Encoding"):
            return self._chunked(head.head)
        length = head.first(b"Content-Length")
        until_end = length is None and answers is not None
        body = self.rest() if until_end else self.exactly(int(length or 0))
        return RawMessage(head.head, body, body)

    def _chunked(self, head: bytes) -> RawMessage:
        payload = body = b""
        while True:
            line = self.until(b"\r\n")
            payload += line
            size = int(line.partition(b";")[0], 16)
            if not size:
                break
            data = self.exactly(size + 2)
            payload += data
            body += data[:-2]
        trailers = []
        while (line := self.until(b"\r\n")) != b"\r\n":
            trailers.append(_field(line[:-2]))
            payload += line
        return RawMessage(head, payload + b"\r\n", body, tuple(trailers))

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _fill(self) -> None:
        try:
            data = self.sock.recv(65536)
        except ConnectionResetError as error:
            self.ended = "RST"
            raise StreamEnded("RST") from error
        if not data:
            self.ended = "FIN"
            raise StreamEnded(f"FIN behind {bytes(self._buffer[-200:])!r}")
        self._buffer += data


def _field(line: bytes) -> Field:
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")
