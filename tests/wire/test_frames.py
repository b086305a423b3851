from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings, strategies as st
from websockets.frames import Frame, Opcode as TheirOpcode

from mockproxy.errors import MalformedMessage
from mockproxy.messages.websocket import Opcode
from mockproxy.wire.frames import FrameReader
from tests.support.frames import BINARY, CLOSE, KEY, PING, TEXT, frame, from_client
from tests.support.readings import cut

Read = tuple[Opcode, bool, bool, bytes]


@dataclass
class Sink:
    """What was read, frame by frame."""

    frames: list[Read] = field(default_factory=list)
    head: tuple[Opcode, bool, bool] | None = None
    payload: bytes = b""

    def begin(self, opcode: Opcode, *, final: bool, compressed: bool) -> None:
        assert self.head is None
        self.head = opcode, final, compressed
        self.payload = b""

    def write(self, data: bytes) -> None:
        assert data
        self.payload += data

    def end(self) -> None:
        assert self.head is not None
        self.frames.append((*self.head, self.payload))
        self.head = None


def read(octets: bytes, *, masked: bool = False) -> list[Read]:
    sink = Sink()
    FrameReader(sink, masked=masked).feed(octets)
    assert sink.head is None
    return sink.frames


# The examples of RFC 6455 section 5.7.
@pytest.mark.parametrize(
    ("octets", "masked", "expected"),
    [
        (b"\x81\x05Hello", False, (Opcode.TEXT, True, False, b"Hello")),
        (b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", True, (Opcode.TEXT, True, False, b"Hello")),
        (b"\x01\x03Hel", False, (Opcode.TEXT, False, False, b"Hel")),
        (b"\x80\x02lo", False, (Opcode.CONTINUATION, True, False, b"lo")),
        (b"\x89\x05Hello", False, (Opcode.PING, True, False, b"Hello")),
        (b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", True, (Opcode.PONG, True, False, b"Hello")),
        (b"\x82\x7e\x01\x00" + bytes(256), False, (Opcode.BINARY, True, False, bytes(256))),
        (b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + bytes(65536), False, (Opcode.BINARY, True, False, bytes(65536))),
        (b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", False, (Opcode.TEXT, True, True, b"\xf2\x48\xcd\xc9\xc9\x07\x00")),
    ],
)
def test_the_examples_of_the_standard(octets, masked, expected):
    assert read(octets, masked=masked) == [expected]


def test_a_frame_without_payload():
    assert read(frame(CLOSE) + frame(PING)) == [(Opcode.CLOSE, True, False, b""), (Opcode.PING, True, False, b"")]


DATA_FRAMES = st.builds(
    Frame,
    st.sampled_from([TheirOpcode.CONT, TheirOpcode.TEXT, TheirOpcode.BINARY]),
    st.one_of(st.binary(max_size=300), st.integers(125, 70_000).map(lambda size: b"ab1" * (size // 3))),
    fin=st.booleans(),
)
CONTROL_FRAMES = st.builds(
    Frame, st.sampled_from([TheirOpcode.CLOSE, TheirOpcode.PING, TheirOpcode.PONG]), st.binary(max_size=125)
)


@settings(max_examples=100, deadline=None)
@given(st.lists(DATA_FRAMES | CONTROL_FRAMES), st.lists(st.integers(0, 1000)), st.booleans())
def test_frames_of_another_library_are_read_however_they_are_cut(frames, cuts, masked):
    sink = Sink()
    reader = FrameReader(sink, masked=masked)
    for piece in cut(b"".join(each.serialize(mask=masked) for each in frames), cuts):
        reader.feed(piece)
    assert sink.frames == [(Opcode(each.opcode), each.fin, False, bytes(each.data)) for each in frames]


def test_the_payload_is_handed_on_as_it_comes():
    sink = Sink()
    reader = FrameReader(sink, masked=True)
    octets = from_client(BINARY, bytes(range(256)) * 4)
    reader.feed(octets[:107])
    assert (sink.frames, sink.payload) == ([], bytes(range(99)))
    reader.feed(octets[107:])
    assert sink.frames == [(Opcode.BINARY, True, False, bytes(range(256)) * 4)]


@pytest.mark.parametrize(
    ("octets", "masked", "finding"),
    [
        (frame(TEXT, b"a"), True, "a frame of the client without a mask"),
        (frame(TEXT, b"a", key=KEY), False, "a frame of the server with a mask"),
        (frame(TEXT, rsv=0b010), False, "RSV2 or RSV3 in a frame of the server"),
        (frame(TEXT, rsv=0b001), False, "RSV2 or RSV3 in a frame of the server"),
        (frame(0x3), False, "the opcode 3 in a frame of the server"),
        (frame(0xB, key=KEY), True, "the opcode 11 in a frame of the client"),
        (frame(PING, final=False), False, "a frame PING of the server in pieces or too long"),
        (frame(PING, bytes(126)), False, "a frame PING of the server in pieces or too long"),
        (b"HTTP/1.1 200 OK\r\n", False, "a frame CLOSE of the server in pieces"),
    ],
)
def test_what_is_no_frame_is_a_finding(octets, masked, finding):
    with pytest.raises(MalformedMessage, match=finding):
        read(octets, masked=masked)


def test_a_finding_does_not_wait_for_the_whole_head():
    with pytest.raises(MalformedMessage, match="without a mask"):
        FrameReader(Sink(), masked=True).feed(b"\x81\x7f")
