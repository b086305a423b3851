import pytest

from mockproxy.errors import ContentError
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import ResponseHead
from mockproxy.messages.websocket import (
    Opcode,
    Sender,
    WebSocket,
    WebSocketFrame,
    WebSocketMessage,
    deflates,
    opens_websocket,
)


def message(data: bytes, size: int | None = None) -> WebSocketMessage:
    size = len(data) if size is None else size
    return WebSocketMessage(sender="client", opcode=Opcode.TEXT, data=data, size=size, time=0.0)


def closing(payload: bytes, sender: Sender = "client") -> WebSocketFrame:
    return WebSocketFrame(
        sender=sender, opcode=Opcode.CLOSE, payload=payload, size=len(payload), final=True, compressed=False, time=0.0
    )


def granted(status: int = 101, *fields: tuple[str, str]) -> ResponseHead:
    return ResponseHead(status, Headers([("Connection", "Upgrade"), ("Upgrade", "websocket"), *fields]))


def test_a_message_is_read_as_text_or_json():
    assert (message("grün".encode()).text, message(b'{"a": [1]}').json()) == ("grün", {"a": [1]})


def test_a_message_that_is_no_text_is_not_read_as_one():
    with pytest.raises(ContentError, match="utf-8"):
        _ = message(b"\xff").text


def test_of_a_truncated_message_only_the_beginning_can_be_read():
    assert message(b"ab", 3).truncated
    with pytest.raises(ContentError, match="holds 2 of 3 bytes of this message; a higher record_limit"):
        _ = message(b"ab", 3).content


@pytest.mark.parametrize(
    ("frames", "closed_by", "code", "reason"),
    [
        ((), None, 1006, ""),
        ((closing(b""),), "client", 1005, ""),
        ((closing(b"\x03\xe9later", "server"), closing(b"\x03\xe8")), "server", 1001, "later"),
        ((closing(b"\x0f\xa0\xff"),), "client", 4000, "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_how_it_was_closed(frames, closed_by, code, reason):
    websocket = WebSocket(frames)
    assert (websocket.closed_by, websocket.close_code, websocket.close_reason) == (closed_by, code, reason)


@pytest.mark.parametrize(
    ("head", "opens"),
    [
        (granted(), True),
        (granted(200), False),
        (ResponseHead(101, Headers([("Connection", "Upgrade"), ("Upgrade", "h2c")])), False),
        (ResponseHead(101, Headers([("Upgrade", "websocket")])), False),
    ],
)
def test_which_answers_open_a_websocket(head, opens):
    assert opens_websocket(head) is opens


@pytest.mark.parametrize(
    ("lines", "agreed"),
    [
        ([], False),
        (["permessage-deflate"], True),
        (["x-other", "Permessage-Deflate ; server_max_window_bits=10"], True),
        (["x-other; permessage-deflate"], False),
    ],
)
def test_which_handshakes_agree_on_deflating(lines, agreed):
    assert deflates(granted(101, *(("Sec-WebSocket-Extensions", line) for line in lines))) is agreed


def test_they_say_what_they_are():
    assert repr(closing(b"\x03\xe8")) == "<WebSocketFrame client CLOSE 2 B>"
    assert repr(message(b"abc")) == "<WebSocketMessage client TEXT 3 B>"
    assert repr(WebSocket((closing(b"\x03\xe8"),), (message(b"a"),))) == "<WebSocket 1 message, closed 1000>"
