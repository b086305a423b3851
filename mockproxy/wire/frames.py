"""Frames of a WebSocket, read while their octets pass (RFC 6455 section 5.2)."""

from typing import Protocol

from mockproxy.errors import MalformedMessage
from mockproxy.messages.websocket import Opcode

_FIN = _MASK = 0x80
_RSV1, _OTHER_RSV = 0x40, 0x30
_CONTROL_LIMIT = 125
_EXTENDED = {126: 2, 127: 8}
"""How many octets hold a length that does not fit into seven bits."""


class FrameSink(Protocol):
    """Who is told what was read, in this order: one head, any number of pieces of payload unmasked, one end."""

    def begin(self, opcode: Opcode, *, final: bool, compressed: bool) -> None: ...

    def write(self, data: bytes) -> None: ...

    def end(self) -> None: ...


class FrameReader:
    """Reads the frames of one direction into a sink; a client masks what it sends, a server does not (section 5.1).

    ``feed`` raises ``MalformedMessage``; after that nothing can be read on.
    """

    __slots__ = ("_at", "_buffer", "_in_frame", "_key", "_left", "_masked", "_sink")

    def __init__(self, sink: FrameSink, *, masked: bool) -> None:
        self._sink = sink
        self._masked = masked
        self._buffer = b""
        self._at = 0
        self._in_frame = False
        self._left = 0
        self._key = b""

    def feed(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        self._at = 0
        while self._read_payload() if self._in_frame else self._read_head():
            pass
        self._buffer = self._buffer[self._at :]

    def _read_head(self) -> bool:
        head = self._buffer[self._at : self._at + 14]
        if len(head) < 2:
            return False
        opcode = _checked_opcode(head, masked=self._masked)
        length_end = 2 + _EXTENDED.get(head[1] & ~_MASK, 0)
        end = length_end + 4 * self._masked
        if len(head) < end:
            return False
        self._left = int.from_bytes(head[2:length_end]) if length_end > 2 else head[1] & ~_MASK
        self._key = head[length_end:end]
        self._at += end
        self._in_frame = True
        self._sink.begin(opcode, final=bool(head[0] & _FIN), compressed=bool(head[0] & _RSV1))
        return True

    def _read_payload(self) -> bool:
        piece = self._buffer[self._at : self._at + self._left]
        if piece:
            self._sink.write(self._unmasked(piece) if self._masked else piece)
        self._at += len(piece)
        self._left -= len(piece)
        if self._left:
            return False
        self._in_frame = False
        self._sink.end()
        return True

    def _unmasked(self, piece: bytes) -> bytes:
        """The octets, each with that of the key which is due (section 5.3); the rest of the key is next in turn."""
        size = len(piece)
        key = (self._key * (size // 4 + 1))[:size]
        self._key = (self._key * 2)[size % 4 : size % 4 + 4]
        return (int.from_bytes(piece) ^ int.from_bytes(key)).to_bytes(size)


def _checked_opcode(head: bytes, *, masked: bool) -> Opcode:
    first, second = head[0], head[1]
    sender = "client" if masked else "server"
    if first & _OTHER_RSV:
        raise MalformedMessage(f"RSV2 or RSV3 in a frame of the {sender} (RFC 6455 section 5.2)")
    if bool(second & _MASK) is not masked:
        what = "without a mask" if masked else "with a mask"
        raise MalformedMessage(f"a frame of the {sender} {what} (RFC 6455 section 5.1)")
    try:
        opcode = Opcode(first & 0x0F)
    except ValueError:
        raise MalformedMessage(f"the opcode {first & 0x0F} in a frame of the {sender} (RFC 6455 section 5.2)") from None
    if opcode.controls and (not first & _FIN or second & ~_MASK > _CONTROL_LIMIT):
        raise MalformedMessage(f"a frame {opcode.name} of the {sender} in pieces or too long (RFC 6455 section 5.5)")
    return opcode
