"""What passed over a WebSocket (RFC 6455), as frozen values."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, TypeAlias

from mockproxy.errors import ContentError
from mockproxy.messages.forwarding import asks_for_websocket
from mockproxy.messages.media import JSON, json_of, text_of
from mockproxy.messages.message import ResponseHead

Sender: TypeAlias = Literal["client", "server"]
"""Who sent a frame; at a proxy the server is the target."""


class Opcode(IntEnum):
    """What a frame is (RFC 6455 section 5.2)."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10

    @property
    def controls(self) -> bool:
        """Whether it is a control frame, which may come between those of a message (section 5.5)."""
        return self >= Opcode.CLOSE


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketFrame:
    """One frame as it was on the wire, unmasked.

    ``payload`` holds it up to the limit of the record, ``size`` is the length of the whole in octets; ``final`` is the
    bit FIN, ``compressed`` the bit RSV1 (RFC 7692 section 6); ``time`` is when its last octet came, in seconds since
    1970.
    """

    sender: Sender
    opcode: Opcode
    payload: bytes
    size: int
    final: bool
    compressed: bool
    time: float

    def __repr__(self) -> str:
        return f"<WebSocketFrame {self.sender} {self.opcode.name}{' ...' * (not self.final)} {self.size} B>"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSocketMessage:
    """One message, its fragments joined and inflated.

    ``opcode`` is ``TEXT`` or ``BINARY``; ``data`` holds the content up to the limit of the record, ``size`` is the
    length of the whole in octets; ``time`` is when it was complete, in seconds since 1970.
    """

    sender: Sender
    opcode: Opcode
    data: bytes
    size: int
    time: float

    @property
    def truncated(self) -> bool:
        """Whether the record holds only the beginning of the content."""
        return self.size > len(self.data)

    @property
    def content(self) -> bytes:
        """The whole content; raises ``ContentError`` where the record holds only its beginning."""
        if self.truncated:
            raise ContentError(
                f"the record holds {len(self.data)} of {self.size} bytes of this message; "
                "a higher record_limit keeps it whole"
            )
        return self.data

    @property
    def text(self) -> str:
        """The content as UTF-8 (RFC 6455 section 5.6); raises ``ContentError`` where it is none."""
        return text_of(self.content, _UTF8)

    def json(self) -> JSON:
        return json_of(self.content, _UTF8)

    def __repr__(self) -> str:
        return f"<WebSocketMessage {self.sender} {self.opcode.name} {self.size} B>"


@dataclass(frozen=True, slots=True)
class WebSocket:
    """What passed after the handshake: ``frames`` and ``messages``, each in the order in which they came whole."""

    frames: tuple[WebSocketFrame, ...] = ()
    messages: tuple[WebSocketMessage, ...] = ()

    @property
    def closed_by(self) -> Sender | None:
        """Who sent the first Close frame; None where the connection ended without one."""
        closing = self._closing
        return None if closing is None else closing.sender

    @property
    def close_code(self) -> int:
        """The status code of the first Close frame (RFC 6455 section 7.4).

        1005 stands for a Close frame without one, 1006 for the lack of a Close frame (section 7.1.5).
        """
        closing = self._closing
        if closing is None:
            return 1006
        return int.from_bytes(closing.payload[:2]) if closing.size >= 2 else 1005

    @property
    def close_reason(self) -> str:
        """The reason in the first Close frame; empty where there is none."""
        closing = self._closing
        return "" if closing is None else closing.payload[2:].decode("utf-8", "replace")

    @property
    def _closing(self) -> WebSocketFrame | None:
        return next((frame for frame in self.frames if frame.opcode is Opcode.CLOSE), None)

    def __repr__(self) -> str:
        count = len(self.messages)
        return f"<WebSocket {count} message{'s' * (count != 1)}, closed {self.close_code}>"


_UTF8 = "text/plain; charset=utf-8"


def opens_websocket(head: ResponseHead) -> bool:
    """Whether an answer grants the upgrade to a WebSocket (RFC 6455 section 4.2.2)."""
    return head.status == 101 and asks_for_websocket(head.headers.raw)


def deflates(granted: ResponseHead) -> bool:
    """Whether the handshake agreed on ``permessage-deflate`` (RFC 7692 section 7)."""
    extensions = granted.headers.all("Sec-WebSocket-Extensions")
    names = [member.partition(";")[0].strip().lower() for line in extensions for member in line.split(",")]
    return "permessage-deflate" in names
