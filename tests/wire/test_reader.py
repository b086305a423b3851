import re

import pytest
from hypothesis import given, settings, strategies as st

from mockproxy.errors import MalformedMessage, RefusedRequest
from mockproxy.messages.headers import RawFields
from mockproxy.wire.framing import BodyDecoder, ChunkedBody, LengthBody, NoBody, UntilClose
from mockproxy.wire.heads import REQUEST_START
from mockproxy.wire.reader import MessageReader
from tests.support.readings import cut, read_by_h11, read_by_llhttp, read_by_us

HEAD = b"GET / HTTP/1.1\r\n\r\n"
TOKEN = "!#$%&'*+-.^_`|~09AZaz"
TARGET = "/abc%20;=&@:~[]{}|^`'()*+,-._?"

# Names that frame the message, and values that llhttp looks into, are left to the tables of the other tests.
fields = st.lists(
    st.tuples(
        st.text(TOKEN, min_size=1, max_size=12).map("X-".__add__),
        st.text("".join(map(chr, [*range(0x21, 0x7F), 0xE9])) + " \t", max_size=20),
    ),
    max_size=4,
)
data = st.binary(max_size=30)


def with_length(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def with_chunks(pieces: list[bytes]) -> bytes:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece)
    return b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-Sum: 1\r\n\r\n"


requests = st.builds(
    lambda method, target, lines, rest: (
        f"{method} /{target} HTTP/1.1\r\nHost: h\r\n".encode()
        + "".join(f"{name}: {value}\r\n" for name, value in lines).encode("latin-1")
        + rest
    ),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "M-SEARCH"]),
    st.text(TARGET, max_size=12),
    fields,
    st.one_of(st.just(b"\r\n"), data.map(with_length), st.lists(data, max_size=3).map(with_chunks)),
)
cuts = st.lists(st.integers(0, 500), max_size=6)
octets = st.sampled_from(["", "\r\n", "\n", "\r", " ", "\t", ":", "\0", "\v", ",", ";", "0", "1", "\xe9", "#", "-"])
lines = st.sampled_from(["Host: h\r\n", "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"])
mutations = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 3), octets | lines), max_size=3)


@settings(max_examples=200, deadline=None)
@given(st.lists(requests, min_size=1, max_size=3), cuts)
def test_pipelined_requests_are_read_as_by_h11_and_llhttp_wherever_they_are_cut(messages, positions):
    pieces = cut(b"".join(messages), positions)
    outcome = read_by_us(pieces)
    assert len(outcome.requests) == len(messages)
    assert outcome == read_by_h11(pieces) == read_by_llhttp(pieces)


@settings(max_examples=200, deadline=None)
@given(st.lists(requests, min_size=1, max_size=2), mutations)
def test_broken_requests_are_never_read_in_another_way_than_by_h11_and_llhttp(messages, changes):
    raw = b"".join(messages)
    for position, length, replacement in changes:
        start = position % (len(raw) + 1)
        raw = raw[:start] + replacement.encode("latin-1") + raw[start + length :]
    pieces = cut(raw, [])
    ours = read_by_us(pieces).requests
    for theirs in (read_by_h11(pieces).requests, read_by_llhttp(pieces).requests):
        both = min(len(ours), len(theirs))
        assert ours[:both] == theirs[:both]


class Notes:
    """Writes down what it is told; every head is followed by the next of the bodies."""

    def __init__(self, *bodies: BodyDecoder) -> None:
        self._bodies = iter(bodies)
        self.told: list[object] = []

    def head_read(self, raw: bytes) -> BodyDecoder:
        self.told.append(raw)
        return next(self._bodies)

    def body_read(self, data: bytes) -> None:
        self.told.append(data)

    def message_read(self, trailers: RawFields) -> None:
        self.told.append(trailers)


def reader_of(notes: Notes, head_limit: int = 1000) -> MessageReader:
    return MessageReader(notes, REQUEST_START, head_limit)


def test_a_message_is_told_as_a_head_pieces_and_an_end():
    notes = Notes(ChunkedBody(1000))
    reader = reader_of(notes)
    for piece in (HEAD[:7], HEAD[7:] + b"2\r\nab", b"\r\n1\r\nc\r\n0\r", b"\nX: 1\r\n\r\n"):
        reader.feed(piece)
    assert notes.told == [HEAD, b"ab", b"c", ((b"X", b"1"),)]


def test_a_message_without_a_body_ends_with_its_head():
    notes = Notes(NoBody())
    reader_of(notes).feed(HEAD)
    assert notes.told == [HEAD, ()]


def test_what_follows_a_message_is_kept_until_it_is_asked_for():
    notes = Notes(LengthBody(2), NoBody())
    reader = reader_of(notes)
    reader.feed(HEAD + b"ab" + HEAD[:5])
    reader.feed(HEAD[5:])
    assert (notes.told, reader.unread) == ([HEAD, b"ab", ()], HEAD)

    reader.read_next()

    assert (notes.told[3:], reader.unread) == ([HEAD, ()], b"")


def test_a_head_is_expected_first_and_after_going_on():
    reader = reader_of(Notes(NoBody()))
    expected = [reader.expects_head]
    reader.feed(HEAD)
    expected.append(reader.expects_head)
    reader.read_next()
    assert [*expected, reader.expects_head] == [True, False, True]


@pytest.mark.parametrize("pieces", [[b"\r\n" + HEAD], [b"\r\n", HEAD], [b"\r", b"\n" + HEAD]])
def test_an_empty_line_before_a_message_is_ignored(pieces):
    notes = Notes(NoBody())
    reader = reader_of(notes)
    for piece in pieces:
        reader.feed(piece)
    assert notes.told == [HEAD, ()]


@pytest.mark.parametrize(
    ("octets", "finding"),
    [
        (b"\x16\x03\x01\x02", "a TLS handshake: use http://, not https://"),
        (b'{"json": 1}', "not HTTP: it starts with"),
        (b"\x00", "not HTTP: it starts with"),
        (b"GET / HTTP/1.1\nHost: h\n", "a bare LF in the head"),
        (b"\n", "a bare LF in the head"),
    ],
)
def test_what_can_never_become_a_head_is_refused_at_once(octets, finding):
    with pytest.raises(MalformedMessage, match=re.escape(finding)):
        reader_of(Notes()).feed(octets)


@pytest.mark.parametrize("octets", [b"G", b"BREW", b"GET /caf\xe9", b"GET / HTTP/1.1\r", b"GET / HTTP/1.1\r\nA", b"\r"])
def test_what_may_still_become_a_head_is_waited_for(octets):
    reader = reader_of(Notes())
    reader.feed(octets)
    assert reader.unread == octets


@pytest.mark.parametrize(
    "rest", [b"a" * 1000, b" HTTP/1.1\r\n" + b"A: 1\r\n" * 200, b"a" * 1000 + b" HTTP/1.1\r\n\r\n"]
)
def test_a_head_has_a_limit(rest):
    reader = reader_of(Notes())
    reader.feed(b"GET /")
    with pytest.raises(RefusedRequest, match="the head is longer than 1000 bytes") as refusal:
        reader.feed(rest)
    assert refusal.value.status_code == 431


def test_a_head_at_the_limit_is_read():
    notes = Notes(NoBody())
    reader_of(notes, head_limit=len(HEAD) - 4).feed(HEAD)
    assert notes.told == [HEAD, ()]


@pytest.mark.parametrize(
    ("body", "octets", "proper"),
    [
        (NoBody(), b"", True),
        (NoBody(), HEAD[:5], False),
        (NoBody(), HEAD, True),
        (LengthBody(2), HEAD + b"a", False),
        (LengthBody(2), HEAD + b"ab", True),
        (ChunkedBody(1000), HEAD + b"1\r\na\r\n", False),
        (UntilClose(), HEAD + b"a", True),
    ],
)
def test_a_connection_ends_properly_between_messages_only(body, octets, proper):
    reader = reader_of(Notes(body))
    if octets:
        reader.feed(octets)
    assert reader.finish() is proper


def test_a_body_that_ends_with_the_connection_is_told_to_have_ended():
    notes = Notes(UntilClose())
    reader = reader_of(notes)
    reader.feed(HEAD + b"a")
    reader.finish()
    assert notes.told == [HEAD, b"a", ()]
