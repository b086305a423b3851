"""Gathers what passes over a WebSocket: frames as they come, and the messages that they make up."""

import sys
import zlib

from mockproxy.errors import MalformedMessage
from mockproxy.messages.websocket import Opcode, Sender, WebSocket, WebSocketFrame, WebSocketMessage
from mockproxy.recording.clock import now

# RFC 7692 section 7.2.2: what the sender took away from the end of each message.
_TAIL = b"\x00\x00\xff\xff"
_INFLATED_PIECE = 64 * 1024
# Control frames hold 125 octets at the most (RFC 6455 section 5.5), and how a WebSocket was closed is never left out.
_ALL = sys.maxsize


class Conversation:
    """One WebSocket on the record; ``limit`` is how many octets of each side are kept, of frames and of messages."""

    def __init__(self, limit: int, *, deflated: bool) -> None:
        self.frames: list[WebSocketFrame] = []
        self.messages: list[WebSocketMessage] = []
        self.client = Speaker(self, "client", limit, deflated=deflated)
        self.server = Speaker(self, "server", limit, deflated=deflated)

    @property
    def closed(self) -> bool:
        """Both sides have sent a Close frame: nothing may follow (RFC 6455 section 5.5.1)."""
        return self.client.closed and self.server.closed

    def websocket(self) -> WebSocket:
        return WebSocket(tuple(self.frames), tuple(self.messages))


class Speaker:
    """One side of a conversation, told of each frame: its head, the pieces of its payload unmasked, its end.

    Raises ``MalformedMessage`` for a frame that may not stand there, and for a message that cannot be inflated.
    """

    def __init__(self, conversation: Conversation, sender: Sender, limit: int, *, deflated: bool) -> None:
        self._conversation = conversation
        self._sender = sender
        self._deflated = deflated
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._payload = _Kept(limit)
        self._control = _Kept(_ALL)
        self._content = _Kept(limit)
        self._opcode = Opcode.CONTINUATION
        self._message_opcode: Opcode | None = None
        self._inflates = False
        self._final = self._compressed = False
        self.closed = False

    def begin(self, opcode: Opcode, *, final: bool, compressed: bool) -> None:
        if self.closed:
            raise MalformedMessage(f"a frame of the {self._sender} behind its Close frame (RFC 6455 section 5.5.1)")
        if compressed and (not self._deflated or opcode.controls or opcode is Opcode.CONTINUATION):
            raise MalformedMessage(f"RSV1 in a frame {opcode.name} of the {self._sender} (RFC 7692 section 6)")
        if not opcode.controls:
            self._check_order(opcode)
            if opcode is not Opcode.CONTINUATION:
                self._message_opcode = opcode
                self._inflates = compressed
        self._opcode, self._final, self._compressed = opcode, final, compressed

    def _check_order(self, opcode: Opcode) -> None:
        if opcode is Opcode.CONTINUATION and self._message_opcode is None:
            raise MalformedMessage(f"a continuation of the {self._sender} without a message (RFC 6455 section 5.4)")
        if opcode is not Opcode.CONTINUATION and self._message_opcode is not None:
            raise MalformedMessage(f"a message of the {self._sender} inside of another (RFC 6455 section 5.4)")

    def write(self, data: bytes) -> None:
        self._kept.add(data)
        if self._opcode.controls:
            return
        if self._inflates:
            self._inflate(data)
        else:
            self._content.add(data)

    @property
    def _kept(self) -> "_Kept":
        return self._control if self._opcode.controls else self._payload

    def end(self) -> None:
        time = now()
        payload, size = self._kept.taken()
        self._conversation.frames.append(
            WebSocketFrame(
                sender=self._sender,
                opcode=self._opcode,
                payload=payload,
                size=size,
                final=self._final,
                compressed=self._compressed,
                time=time,
            )
        )
        if self._opcode is Opcode.CLOSE:
            self.closed = True
        if self._final and not self._opcode.controls:
            self._end_message(time)

    def _end_message(self, time: float) -> None:
        assert self._message_opcode is not None
        if self._inflates:
            self._inflate(_TAIL)
        data, size = self._content.taken()
        self._conversation.messages.append(
            WebSocketMessage(sender=self._sender, opcode=self._message_opcode, data=data, size=size, time=time)
        )
        self._message_opcode = None

    def _inflate(self, data: bytes) -> None:
        """All of it, whatever is kept: what comes later may refer to it."""
        try:
            while True:
                piece = self._inflater.decompress(data, _INFLATED_PIECE)
                self._content.add(piece)
                data = self._inflater.unconsumed_tail
                if self._inflater.eof:
                    # RFC 7692 section 7.2.3.4: a sender may end its blocks, behind which others begin anew.
                    data = self._inflater.unused_data
                    self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
                if not data and len(piece) < _INFLATED_PIECE:
                    return
        except zlib.error as error:
            raise MalformedMessage(f"a message of the {self._sender} cannot be inflated: {error}") from error


class _Kept:
    """Octets of one frame or message after the other: all are counted, and together ``room`` of them kept."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> None:
        self._size += len(data)
        kept = data[: self._room]
        self._room -= len(kept)
        if kept:
            self._pieces.append(kept)

    def taken(self) -> tuple[bytes, int]:
        pieces, size = self._pieces, self._size
        self._pieces, self._size = [], 0
        return b"".join(pieces), size
