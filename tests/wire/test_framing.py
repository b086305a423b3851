import re

import h11
import httptools
import pytest
from hypothesis import given, settings, strategies as st

from mockproxy.errors import MalformedMessage, RefusedRequest
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.wire.framing import (
    BodyDecoder,
    ChunkedBody,
    LengthBody,
    NoBody,
    UntilClose,
    persists,
    request_body,
    response_body,
)
from tests.support.readings import cut, read_by_h11, read_by_llhttp, read_by_us

LIMIT = 1000
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def request(fields: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    return b"POST / HTTP/" + version + b"\r\nHost: h\r\n" + fields + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    return request(CHUNKED, body)


def fed(decoder: BodyDecoder, *pieces: bytes) -> tuple[bytes, bytes]:
    """The whole body, and what stood behind it."""
    body = rest = b""
    for piece in pieces:
        decoded, behind = decoder.feed(piece)
        body += decoded
        rest += behind
    return body, rest


READ_ALIKE = {
    "a length": request(b"Content-Length: 2\r\n", b"ab"),
    "a length of nothing": request(b"Content-Length: 0\r\n"),
    "a length with zeros": request(b"Content-Length: 002\r\n", b"ab"),
    "a length in white space": request(b"Content-Length: \t2 \r\n", b"ab"),
    "no body": request(b""),
    "one chunk": chunked(b"1\r\na\r\n0\r\n\r\n"),
    "upper case": request(b"TRANSFER-ENCODING: Chunked\r\n", b"A\r\n0123456789\r\n0\r\n\r\n"),
    "zeros before a size": chunked(b"0001\r\na\r\n000\r\n\r\n"),
    "an extension": chunked(b'1;a=b;c="d;e"\r\na\r\n0;x\r\n\r\n'),
    "CRLF in a chunk": chunked(b"4\r\n\r\n\r\n\r\n0\r\n\r\n"),
    "trailers": chunked(b"0\r\nX: 1\r\nx:2\r\n\r\n"),
    "no octets at all": chunked(b"0\r\n\r\n"),
}

# Refused by us, with the finding, and by at least one of the others.
REFUSED = {
    "a sign before a length": (request(b"Content-Length: +2\r\n", b"ab"), "bad Content-Length"),
    "a negative length": (request(b"Content-Length: -2\r\n", b"ab"), "bad Content-Length"),
    "a hexadecimal length": (request(b"Content-Length: 0x2\r\n", b"ab"), "bad Content-Length"),
    "a length with a space": (request(b"Content-Length: 1 2\r\n", b"ab"), "bad Content-Length"),
    "a length with an underscore": (request(b"Content-Length: 1_0\r\n"), "bad Content-Length"),
    "a length in Arabic digits": (request("Content-Length: ٢\r\n".encode()), "bad Content-Length"),
    "an empty length": (request(b"Content-Length:\r\n"), "bad Content-Length"),
    "a list of lengths": (request(b"Content-Length: 2, 2\r\n", b"ab"), "bad Content-Length"),
    "a length beyond 64 bits": (request(b"Content-Length: 99999999999999999999\r\n"), "bad Content-Length"),
    "two different lengths": (request(b"Content-Length: 2\r\nContent-Length: 3\r\n", b"abc"), "more than one"),
    "two equal lengths": (request(b"Content-Length: 2\r\n" * 2, b"ab"), "more than one"),
    "a coding, then a length": (request(CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n"), "both"),
    "a length, then a coding": (request(b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n"), "both"),
    "another coding": (request(b"Transfer-Encoding: gzip\r\n"), "is not chunked"),
    "identity": (request(b"Transfer-Encoding: identity\r\n"), "is not chunked"),
    "an empty coding": (request(b"Transfer-Encoding:\r\n"), "is not chunked"),
    "another coding last": (request(b"Transfer-Encoding: chunked, gzip\r\n"), "is not chunked"),
    "a longer name": (request(b"Transfer-Encoding: xchunked\r\n"), "is not chunked"),
    "a vertical tab": (request(b"Transfer-Encoding: \x0bchunked\r\n"), "is not chunked"),
    "a parameter": (request(b"Transfer-Encoding: chunked;x=1\r\n"), "is not chunked"),
    "quotes": (request(b'Transfer-Encoding: "chunked"\r\n'), "is not chunked"),
    "chunked twice": (request(CHUNKED * 2), "chunked more than once"),
    "no size": (chunked(b"\r\na\r\n0\r\n\r\n"), "bad chunk size"),
    "an extension without a size": (chunked(b";a\r\na\r\n0\r\n\r\n"), "bad chunk size"),
    "a size with a prefix": (chunked(b"0x1\r\na\r\n0\r\n\r\n"), "bad chunk size"),
    "a size with a sign": (chunked(b"+1\r\na\r\n0\r\n\r\n"), "bad chunk size"),
    "a negative size": (chunked(b"-1\r\na\r\n0\r\n\r\n"), "bad chunk size"),
    "a size with an underscore": (chunked(b"1_0\r\n"), "bad chunk size"),
    "a size that is no number": (chunked(b"g\r\na\r\n0\r\n\r\n"), "bad chunk size"),
    "a space before a size": (chunked(b" 1\r\na\r\n0\r\n\r\n"), "bad chunk size"),
    "a size beyond 64 bits": (chunked(b"1" + b"0" * 20 + b"\r\na"), "bad chunk size"),
    "a CR in an extension": (chunked(b"1;a\rb\r\na\r\n0\r\n\r\n"), "bad chunk size"),
    "a NUL in an extension": (chunked(b"1;a\x00\r\na\r\n0\r\n\r\n"), "bad chunk size"),
    "a bare LF behind a size": (chunked(b"1\na\r\n0\r\n\r\n"), "bare LF"),
    "a bare LF in an extension": (chunked(b"1;a\nb\r\na\r\n0\r\n\r\n"), "bare LF"),
    "a bare LF behind the last chunk": (chunked(b"0\r\n\n"), "bare LF"),
    "a bare LF behind a trailer": (chunked(b"0\r\nX: 1\n\r\n"), "bare LF"),
    "a bare CR in a trailer": (chunked(b"0\r\nX: 1\rY: 2\r\n\r\n"), "bare CR"),
    "a bare LF behind data": (chunked(b"1\r\na\n0\r\n\r\n"), "not followed by CRLF"),
    "more data than was said": (chunked(b"1\r\nab\r\n0\r\n\r\n"), "not followed by CRLF"),
    "less data than was said": (chunked(b"2\r\na\r\n0\r\n\r\n"), "not followed by CRLF"),
    "a trailer without a colon": (chunked(b"0\r\nX 1\r\n\r\n"), "without a colon"),
    "a space before the colon of a trailer": (chunked(b"0\r\nX : 1\r\n\r\n"), "white space before the colon"),
    "a folded trailer": (chunked(b"0\r\nX: 1\r\n 2\r\n\r\n"), "line folding"),
}

# Accepted by both others, refused by us.
STRICTER = {
    # RFC 9112 section 6.1: must be treated as if the framing were faulty.
    "chunked in HTTP/1.0": (request(CHUNKED, b"0\r\n\r\n", version=b"1.0"), "in an HTTP/1.0 message"),
    # 19 digits hold every length that fits 63 bits; more is an attempt at an overflow.
    "a length of 20 digits": (request(b"Content-Length: " + b"2".zfill(20) + b"\r\n", b"ab"), "bad Content-Length"),
    "a chunk size of 17 digits": (chunked(b"1".zfill(17) + b"\r\na\r\n0\r\n\r\n"), "bad chunk size"),
}

# Refused by at least one of the others, accepted by us.
MORE_LENIENT = {
    # RFC 9112 section 7.1.1 has white space before the semicolon, and some servers pad sizes; h11 takes the latter.
    "a space behind a size": chunked(b"1 \r\na\r\n0\r\n\r\n"),
    "a space before an extension": chunked(b"1 ;a=b\r\na\r\n0\r\n\r\n"),
    "a space in an extension": chunked(b"1; a=b\r\na\r\n0\r\n\r\n"),
    # RFC 9112 section 7.1.1: unrecognized extensions are ignored, whatever they are; the next hop gets none of them.
    "octets above 127 in an extension": chunked(b"1;\xe9\r\na\r\n0\r\n\r\n"),
    "an empty extension": chunked(b"1;\r\na\r\n0\r\n\r\n"),
    # A trailer frames nothing; llhttp takes it for the field of the head.
    "a length among the trailers": chunked(b"0\r\nContent-Length: 1\r\n\r\n"),
}


@pytest.mark.parametrize("raw", READ_ALIKE.values(), ids=READ_ALIKE)
def test_a_valid_body_is_read_as_by_h11_and_llhttp(raw):
    outcome = read_by_us([raw])
    assert len(outcome.requests) == 1
    assert outcome == read_by_h11([raw]) == read_by_llhttp([raw])


@pytest.mark.parametrize(("raw", "finding"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_body_is_refused_with_the_finding(raw, finding):
    assert finding in (read_by_us([raw]).finding or "")
    assert read_by_h11([raw]).refused or read_by_llhttp([raw]).refused


@pytest.mark.parametrize(("raw", "finding"), STRICTER.values(), ids=STRICTER)
def test_a_body_that_others_take_is_refused_where_it_could_be_read_in_two_ways(raw, finding):
    assert finding in (read_by_us([raw]).finding or "")
    assert (read_by_h11([raw]).refused, read_by_llhttp([raw]).refused) == (False, False)


@pytest.mark.parametrize("raw", MORE_LENIENT.values(), ids=MORE_LENIENT)
def test_a_body_that_others_refuse_is_taken_where_it_can_be_read_in_one_way_only(raw):
    assert len(read_by_us([raw]).requests) == 1
    assert read_by_h11([raw]).refused or read_by_llhttp([raw]).refused


def test_a_coding_that_is_known_but_not_spoken_is_answered_501():
    head = RequestHead("POST", "/", Headers({"Transfer-Encoding": "gzip, chunked"}))
    with pytest.raises(RefusedRequest, match="is not implemented") as refusal:
        request_body(head, LIMIT)
    assert refusal.value.status_code == 501


RESPONSES = {
    "HEAD": ("HEAD", b"200 OK", b"Content-Length: 2\r\n", NoBody),
    "HEAD, chunked": ("HEAD", b"200 OK", CHUNKED, NoBody),
    "204": ("GET", b"204 No Content", b"Content-Length: 2\r\n", NoBody),
    "304": ("GET", b"304 Not Modified", b"Content-Length: 2\r\n", NoBody),
    "a length": ("GET", b"200 OK", b"Content-Length: 2\r\n", LengthBody),
    "a length of nothing": ("GET", b"200 OK", b"Content-Length: 0\r\n", NoBody),
    "chunked": ("GET", b"200 OK", CHUNKED, ChunkedBody),
    "neither": ("GET", b"200 OK", b"", UntilClose),
}


@pytest.mark.parametrize(("method", "status", "fields", "kind"), RESPONSES.values(), ids=RESPONSES)
def test_the_end_of_a_response_is_told_as_by_h11(method, status, fields, kind):
    raw = b"2\r\nab\r\n0\r\n\r\n" if kind is ChunkedBody else b"" if kind is NoBody else b"ab"
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method=method, target="/", headers=[("Host", "h")]))
    client.send(h11.EndOfMessage())
    client.receive_data(b"HTTP/1.1 " + status + b"\r\n" + fields + b"\r\n" + raw)
    client.receive_data(b"")
    events = [client.next_event()]
    while not isinstance(events[-1], h11.EndOfMessage):
        events.append(client.next_event())

    decoder = response_body(ResponseHead(int(status[:3]), Headers(events[0].headers.raw_items())), method, LIMIT)
    body, rest = decoder.feed(raw)

    assert isinstance(decoder, kind)
    assert (body, rest) == (b"".join(event.data for event in events[1:-1]), b"")
    assert decoder.finish()


def test_an_interim_response_has_no_body():
    assert isinstance(response_body(ResponseHead(103, Headers({"Content-Length": "2"})), "GET", LIMIT), NoBody)


@pytest.mark.parametrize("coding", ["gzip", "gzip, chunked", "identity", ""])
def test_a_response_in_another_transfer_coding_cannot_be_read(coding):
    head = ResponseHead(200, Headers({"Transfer-Encoding": coding}))
    with pytest.raises(MalformedMessage, match="cannot be read"):
        response_body(head, "GET", LIMIT)


@pytest.mark.parametrize("decoder", [LengthBody(3), ChunkedBody(LIMIT)])
def test_a_framed_body_may_not_end_before_its_end(decoder):
    assert not decoder.finish()


def test_a_body_that_ends_with_the_connection_takes_everything():
    decoder = UntilClose()
    assert fed(decoder, b"a", b"b") == (b"ab", b"")
    assert not decoder.done
    assert decoder.finish()
    assert decoder.done


def test_a_length_leaves_what_follows_to_the_next_message():
    decoder = LengthBody(3)
    assert fed(decoder, b"a", b"bcGET") == (b"abc", b"GET")
    assert decoder.done


chunks = st.lists(
    st.tuples(st.binary(min_size=1, max_size=20), st.sampled_from([b"", b";a", b';a=b;c="d"']), st.booleans())
)
trailer_sections = st.lists(st.tuples(st.sampled_from([b"X", b"y"]), st.sampled_from([b"", b"1", b"2 3"])))


@settings(max_examples=50, deadline=None)
@given(chunks, trailer_sections, st.lists(st.integers(0, 200)))
def test_a_chunked_body_is_decoded_as_by_h11_wherever_it_is_cut(pieces, trailers, cuts):
    wire = b"".join(
        b"%b%b\r\n%b\r\n" % (b"%X" % len(data) if upper else b"%04x" % len(data), extension, data)
        for data, extension, upper in pieces
    )
    wire += b"0\r\n" + b"".join(b"%b: %b\r\n" % line for line in trailers) + b"\r\n"
    (reading,) = read_by_h11([chunked(wire)]).requests

    decoder = ChunkedBody(LIMIT)
    body, rest = fed(decoder, *cut(wire, cuts))

    assert (body, rest, decoder.done) == (reading.body, b"", True)
    assert [(name.lower(), value) for name, value in decoder.trailers] == reading.trailers


def test_a_chunked_body_leaves_what_follows_to_the_next_message():
    decoder = ChunkedBody(LIMIT)
    assert fed(decoder, b"1\r\na\r\n0\r\n\r\nGET /") == (b"a", b"GET /")


@pytest.mark.parametrize(
    ("data", "finding"),
    [
        (b"1;" + b"x" * 5000, "the line of a chunk size is longer than 4096 bytes"),
        (b"1;" + b"x" * 5000 + b"\r\n", "the line of a chunk size is longer than 4096 bytes"),
        (b"0\r\nX: " + b"x" * 1000, "the trailer section is longer than"),
        (b"0\r\n" + b"X: 1\r\n" * 200, "the trailer section is longer than"),
    ],
)
def test_no_line_between_chunks_is_endless(data, finding):
    with pytest.raises(MalformedMessage, match=re.escape(finding)):
        ChunkedBody(LIMIT).feed(data)


class _KeepAlive:
    """llhttp's opinion on whether a connection persists."""

    def __init__(self, raw: bytes) -> None:
        self.persists = False
        self._parser = httptools.HttpRequestParser(self)
        self._parser.feed_data(raw)

    def on_headers_complete(self) -> None:
        self.persists = self._parser.should_keep_alive()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize(
    "options", [[], ["close"], ["Close"], ["keep-alive"], ["x, CLOSE"], ["x"], ["Keep-Alive, x"], ["keep-alive", "x"]]
)
def test_a_connection_persists_where_llhttp_says_so(version, options):
    headers = Headers([("Host", "h"), *(("Connection", option) for option in options)])
    lines = b"".join(b"%b: %b\r\n" % line for line in headers.raw)
    raw = f"GET / HTTP/{version}\r\n".encode() + lines + b"\r\n"
    assert persists(headers, version) == _KeepAlive(raw).persists


def test_close_beats_keep_alive():
    # RFC 9112 section 9.3: the close option is looked for first; llhttp lets keep-alive win in HTTP/1.0.
    assert not persists(Headers({"Connection": "close, keep-alive"}), "1.0")
    assert not persists(Headers({"Connection": "keep-alive, close"}), "1.0")
