"""What was said over a WebSocket, in a few rows."""

from mockproxy.messages.websocket import Opcode, WebSocket, WebSocketFrame

# What is longer shows how it began and how it ended.
_BEGINNING, _END = 6, 3


def websocket_rows(websocket: WebSocket) -> list[tuple[str, str]]:
    """Who sent each frame, and what it was; no content stands in it, since that may be a secret."""
    rows: list[tuple[str, str]] = [(frame.sender, _text(frame)) for frame in websocket.frames]
    left_out = len(rows) - _BEGINNING - _END
    if left_out < 2:
        return rows
    return [*rows[:_BEGINNING], ("...", f"{left_out} more frames"), *rows[-_END:]]


def _text(frame: WebSocketFrame) -> str:
    name = frame.opcode.name.lower()
    if frame.opcode is Opcode.CLOSE:
        closing = WebSocket((frame,))
        return f"{name} {closing.close_code} {closing.close_reason}".rstrip()
    more = ", to be continued" * (not frame.final)
    return f"{name} {frame.size} B{' deflated' * frame.compressed}{more}"
