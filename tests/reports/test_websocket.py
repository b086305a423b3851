from mockproxy.messages.websocket import Opcode, Sender, WebSocket, WebSocketFrame
from mockproxy.reports.websocket import websocket_rows


def frame(
    sender: Sender, opcode: Opcode, payload: bytes, *, final: bool = True, compressed: bool = False
) -> WebSocketFrame:
    return WebSocketFrame(
        sender=sender, opcode=opcode, payload=payload, size=len(payload), final=final, compressed=compressed, time=0.0
    )


def test_each_frame_is_a_row_without_its_content():
    frames = (
        frame("client", Opcode.TEXT, b"secret", final=False),
        frame("client", Opcode.CONTINUATION, b"!"),
        frame("server", Opcode.BINARY, bytes(200), compressed=True),
        frame("server", Opcode.PING, b""),
        frame("server", Opcode.CLOSE, b"\x03\xe9restart"),
        frame("client", Opcode.CLOSE, b""),
    )
    assert websocket_rows(WebSocket(frames)) == [
        ("client", "text 6 B, to be continued"),
        ("client", "continuation 1 B"),
        ("server", "binary 200 B deflated"),
        ("server", "ping 0 B"),
        ("server", "close 1001 restart"),
        ("client", "close 1005"),
    ]


def test_of_many_the_first_and_the_last_are_shown():
    frames = [frame("client", Opcode.TEXT, b"x" * size) for size in range(100)]
    rows = websocket_rows(WebSocket(tuple(frames)))
    assert rows[5:8] == [("client", "text 5 B"), ("...", "91 more frames"), ("client", "text 97 B")]
    assert len(rows) == 10


def test_none_is_left_out_for_a_row_that_says_so():
    frames = [frame("client", Opcode.TEXT, b"")] * 10
    assert len(websocket_rows(WebSocket(tuple(frames)))) == 10
    assert ("...", "2 more frames") in websocket_rows(WebSocket((*frames, frames[0])))


def test_nothing_was_said():
    assert websocket_rows(WebSocket()) == []
