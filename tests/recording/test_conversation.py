import zlib

import pytest

from mockproxy.errors import MalformedMessage
from mockproxy.messages.websocket import Opcode
from mockproxy.recording.conversation import Conversation, Speaker


def conversation(*, limit: int = 1000, deflated: bool = False) -> Conversation:
    return Conversation(limit, deflated=deflated)


def say(speaker: Speaker, opcode: Opcode, *pieces: bytes, final: bool = True, compressed: bool = False) -> None:
    speaker.begin(opcode, final=final, compressed=compressed)
    for piece in pieces:
        speaker.write(piece)
    speaker.end()


def deflated(compressor: "zlib._Compress", data: bytes) -> bytes:
    """As RFC 7692 section 7.2.1 says."""
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def raw_deflate() -> "zlib._Compress":
    return zlib.compressobj(wbits=-15)


def test_both_sides_stand_in_one_order():
    talk = conversation()
    say(talk.client, Opcode.TEXT, b"a")
    say(talk.server, Opcode.BINARY, b"b", b"c")
    say(talk.client, Opcode.PING)
    websocket = talk.websocket()
    assert [(each.sender, each.opcode, each.payload, each.size) for each in websocket.frames] == [
        ("client", Opcode.TEXT, b"a", 1),
        ("server", Opcode.BINARY, b"bc", 2),
        ("client", Opcode.PING, b"", 0),
    ]
    assert [(each.sender, each.opcode, each.content) for each in websocket.messages] == [
        ("client", Opcode.TEXT, b"a"),
        ("server", Opcode.BINARY, b"bc"),
    ]


def test_fragments_are_one_message_with_a_control_frame_among_them():
    # The example of RFC 6455 section 5.4.
    talk = conversation()
    say(talk.client, Opcode.TEXT, b"Hel", final=False)
    say(talk.client, Opcode.PING, b"?")
    say(talk.client, Opcode.CONTINUATION, b"lo")
    websocket = talk.websocket()
    assert [message.text for message in websocket.messages] == ["Hello"]
    assert [frame.final for frame in websocket.frames] == [False, True, True]


def test_an_empty_message():
    talk = conversation()
    say(talk.client, Opcode.TEXT)
    assert [message.content for message in talk.websocket().messages] == [b""]


def test_it_is_closed_when_both_sides_have_said_so():
    talk = conversation()
    say(talk.client, Opcode.CLOSE)
    assert not talk.closed
    say(talk.server, Opcode.CLOSE)
    assert talk.closed


def test_a_deflated_message_is_inflated_and_its_frame_is_as_it_was():
    talk = conversation(deflated=True)
    octets = deflated(raw_deflate(), b"Hello")
    assert octets == b"\xf2\x48\xcd\xc9\xc9\x07\x00"  # RFC 7692 section 7.2.3.1
    say(talk.client, Opcode.TEXT, octets, compressed=True)
    websocket = talk.websocket()
    assert (websocket.messages[0].text, websocket.messages[0].size) == ("Hello", 5)
    assert (websocket.frames[0].payload, websocket.frames[0].compressed) == (octets, True)


def test_messages_that_refer_to_earlier_ones_are_inflated():
    talk, compressor = conversation(deflated=True), raw_deflate()
    for _ in range(3):
        say(talk.server, Opcode.TEXT, deflated(compressor, b"Hello, hello"), compressed=True)
    assert [message.text for message in talk.websocket().messages] == ["Hello, hello"] * 3
    assert talk.frames[1].size < talk.frames[0].size


def test_messages_that_begin_anew_are_inflated():
    # What no_context_takeover asks for (RFC 7692 section 7.1.1).
    talk = conversation(deflated=True)
    for _ in range(2):
        say(talk.server, Opcode.TEXT, deflated(raw_deflate(), b"Hello"), compressed=True)
    assert [message.text for message in talk.websocket().messages] == ["Hello", "Hello"]


def test_a_message_that_ends_with_a_last_block_is_inflated_and_so_is_the_next():
    # RFC 7692 section 7.2.3.4
    talk = conversation(deflated=True)
    say(talk.client, Opcode.TEXT, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", compressed=True)
    say(talk.client, Opcode.TEXT, deflated(raw_deflate(), b"again"), compressed=True)
    assert [message.text for message in talk.websocket().messages] == ["Hello", "again"]


def test_plain_and_deflated_messages_may_follow_each_other():
    talk, compressor = conversation(deflated=True), raw_deflate()
    say(talk.client, Opcode.TEXT, deflated(compressor, b"one"), compressed=True)
    say(talk.client, Opcode.TEXT, b"two")
    say(talk.client, Opcode.TEXT, deflated(compressor, b"one"), compressed=True)
    assert [message.text for message in talk.websocket().messages] == ["one", "two", "one"]


def test_only_so_much_of_each_side_is_kept_and_all_of_it_is_measured():
    talk = conversation(limit=5)
    say(talk.client, Opcode.BINARY, b"abc")
    say(talk.client, Opcode.BINARY, b"de", b"fg")
    say(talk.server, Opcode.BINARY, b"xyz")
    assert [(each.payload, each.size) for each in talk.frames] == [(b"abc", 3), (b"de", 4), (b"xyz", 3)]
    assert [(each.data, each.truncated) for each in talk.messages] == [(b"abc", False), (b"de", True), (b"xyz", False)]


def test_how_it_was_closed_is_kept_whatever_came_before():
    talk = conversation(limit=0)
    say(talk.client, Opcode.TEXT, b"abc")
    say(talk.client, Opcode.CLOSE, b"\x03\xe8bye")
    websocket = talk.websocket()
    assert (websocket.close_code, websocket.close_reason, websocket.messages[0].truncated) == (1000, "bye", True)


def test_what_is_inflated_beyond_the_limit_is_measured_and_later_messages_are_still_read():
    talk, compressor = conversation(limit=10, deflated=True), raw_deflate()
    say(talk.client, Opcode.BINARY, deflated(compressor, b"abc"), compressed=True)
    say(talk.client, Opcode.BINARY, deflated(compressor, bytes(1_000_000)), compressed=True)
    say(talk.client, Opcode.BINARY, deflated(compressor, bytes(5)), compressed=True)
    assert [(each.data, each.size) for each in talk.messages] == [(b"abc", 3), (bytes(7), 1_000_000), (b"", 5)]


@pytest.mark.parametrize(
    ("frames", "finding"),
    [
        ([(Opcode.CLOSE, True, False), (Opcode.PING, True, False)], "behind its Close frame"),
        ([(Opcode.CONTINUATION, True, False)], "a continuation of the client without a message"),
        ([(Opcode.TEXT, False, False), (Opcode.BINARY, True, False)], "a message of the client inside of another"),
        ([(Opcode.TEXT, True, True)], "RSV1 in a frame TEXT of the client"),
    ],
)
def test_a_frame_that_may_not_stand_there_is_a_finding(frames, finding):
    talk = conversation()
    *fitting, (opcode, final, compressed) = frames
    for each in fitting:
        say(talk.client, each[0], final=each[1], compressed=each[2])
    with pytest.raises(MalformedMessage, match=finding):
        say(talk.client, opcode, final=final, compressed=compressed)


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.CONTINUATION])
def test_only_the_first_frame_of_a_message_says_that_it_is_deflated(opcode):
    talk = conversation(deflated=True)
    say(talk.client, Opcode.TEXT, final=False)
    with pytest.raises(MalformedMessage, match="RSV1"):
        say(talk.client, opcode, compressed=True)


def test_what_cannot_be_inflated_is_a_finding():
    with pytest.raises(MalformedMessage, match="cannot be inflated"):
        say(conversation(deflated=True).client, Opcode.TEXT, b"\xff\xff\xff", compressed=True)
