import re

import h11
import pytest

from mockproxy.errors import MalformedMessage, RefusedRequest
from mockproxy.messages.headers import Headers
from mockproxy.wire.heads import (
    REQUEST_START,
    RESPONSE_START,
    encode_request_head,
    encode_response_head,
    parse_request_head,
    parse_response_head,
)
from tests.support.readings import read_by_h11, read_by_llhttp, read_by_us

HOST = b"Host: h\r\n"


def request(line: bytes = b"GET / HTTP/1.1", fields: bytes = HOST) -> bytes:
    return line + b"\r\n" + fields + b"\r\n"


READ_ALIKE = {
    "1.1": request(),
    "1.0 without Host": request(b"GET / HTTP/1.0", b""),
    "a method of WebDAV": request(b"PROPFIND /a HTTP/1.1"),
    "a method with a dash": request(b"M-SEARCH / HTTP/1.1"),
    "everything that may stand in a target": request(b"GET /%20a//b;c=1/../?x=%31&y[]={|}\\^` HTTP/1.1"),
    "absolute form": request(b"GET http://h:1/a?b HTTP/1.1"),
    "asterisk form": request(b"OPTIONS * HTTP/1.1"),
    "authority form": request(b"CONNECT h:443 HTTP/1.1"),
    "a name of every token character": request(fields=HOST + b"!#$%&'*+-.^_`|~: 1\r\n"),
    "an empty value": request(fields=HOST + b"A:\r\n"),
    "white space around a value": request(fields=HOST + b"A:\t 1 \t\r\n"),
    "a tab in a value": request(fields=HOST + b"A: a\tb\r\n"),
    "latin-1 in a value": request(fields=HOST + b"A: \xe9\r\n"),
    "repeated fields": request(fields=HOST + b"A: 1\r\na: 2\r\nA: 1\r\n"),
    "an empty Host": request(fields=b"Host:\r\n"),
    "an IPv6 Host": request(fields=b"Host: [::1]:80\r\n"),
}

# Refused by us, with the finding, and by at least one of the others.
REFUSED = {
    "no Host": (request(fields=b""), "no Host field"),
    "two Hosts": (request(fields=HOST * 2), "2 Host fields"),
    "no target": (request(b"GET  HTTP/1.1"), "bad request line"),
    "two spaces": (request(b"GET  / HTTP/1.1"), "bad request line"),
    "a tab between": (request(b"GET\t/ HTTP/1.1"), "bad request line"),
    "a space behind": (request(b"GET / HTTP/1.1 "), "bad request line"),
    "a space before": (request(b" GET / HTTP/1.1"), "bad request line"),
    "no version": (request(b"GET /"), "bad request line"),
    "a minor version of two digits": (request(b"GET / HTTP/1.10"), "bad request line"),
    "a version in lower case": (request(b"GET / http/1.1"), "bad request line"),
    "a control character in the target": (request(b"GET /\x01 HTTP/1.1"), "bad request line"),
    "DEL in the target": (request(b"GET /\x7f HTTP/1.1"), "bad request line"),
    "a target without a slash": (request(b"GET a HTTP/1.1"), "is no path"),
    "authority form without CONNECT": (request(b"GET h:1 HTTP/1.1"), "is no path"),
    "bare LF": (b"GET / HTTP/1.1\nHost: h\r\n\r\n", "a bare LF"),
    "bare CR": (request(fields=HOST + b"A: b\rc\r\n"), "a bare CR"),
    "NUL": (request(fields=HOST + b"A: \x00\r\n"), "a NUL"),
    "a space before the colon": (request(fields=HOST + b"A : 1\r\n"), "white space before the colon"),
    "no colon": (request(fields=HOST + b"A\r\n"), "without a colon"),
    "no name": (request(fields=HOST + b": 1\r\n"), "bad name"),
    "a name that is not ASCII": (request(fields=HOST + b"\xc3\xa9: 1\r\n"), "bad name"),
    "line folding": (request(fields=HOST + b"A: 1\r\n 2\r\n"), "line folding"),
    "line folding at once": (request(fields=b" A: 1\r\n" + HOST), "line folding"),
}

# Accepted by both others, refused by us.
STRICTER = {
    # RFC 9112 section 3.2: the target has no fragment; some servers cut it off, some do not.
    "a fragment": (request(b"GET /a#b HTTP/1.1"), "a fragment"),
    # RFC 9112 section 3.2.4: this form is for OPTIONS.
    "* for another method": (request(b"GET * HTTP/1.1"), "is no path"),
    # RFC 9112 section 3.2: a server must answer 400 to an invalid Host; routes of others are chosen by it.
    "white space in Host": (request(fields=b"Host: a b\r\n"), "bad Host"),
    "user information in Host": (request(fields=b"Host: u@h\r\n"), "bad Host"),
    "a path in Host": (request(fields=b"Host: h/x\r\n"), "bad Host"),
    "a port that is no number": (request(fields=b"Host: h:x\r\n"), "bad Host"),
}

# Refused by at least one of the others, accepted by us.
MORE_LENIENT = {
    # RFC 9110 section 9.1: methods are case-sensitive and open to additions; llhttp has a table of them.
    "an unknown method": request(b"BREW /pot HTTP/1.1"),
    "a method in lower case": request(b"get / HTTP/1.1"),
    # A test may send what browsers and curl do; the octets cross unchanged.
    "octets above 127 in the target": request(b"GET /caf\xe9 HTTP/1.1"),
    # RFC 9112 section 2.3: a higher minor version is read as the highest that is known.
    "HTTP/1.2": request(b"GET / HTTP/1.2"),
    # RFC 9110 section 5.5: a recipient may keep control characters other than CR, LF and NUL.
    "a control character in a value": request(fields=HOST + b"A: \x01\x0b\x7f\r\n"),
}


@pytest.mark.parametrize("raw", READ_ALIKE.values(), ids=READ_ALIKE)
def test_a_valid_head_is_read_as_by_h11_and_llhttp(raw):
    outcome = read_by_us([raw])
    assert len(outcome.requests) == 1
    assert outcome == read_by_h11([raw]) == read_by_llhttp([raw])


@pytest.mark.parametrize(("raw", "finding"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_head_is_refused_with_the_finding(raw, finding):
    with pytest.raises(MalformedMessage, match=re.escape(finding)):
        parse_request_head(raw, 256)
    assert read_by_h11([raw]).refused or read_by_llhttp([raw]).refused


@pytest.mark.parametrize(("raw", "finding"), STRICTER.values(), ids=STRICTER)
def test_a_head_that_others_take_is_refused_where_the_standard_says_so(raw, finding):
    with pytest.raises(MalformedMessage, match=re.escape(finding)):
        parse_request_head(raw, 256)
    assert (read_by_h11([raw]).refused, read_by_llhttp([raw]).refused) == (False, False)


@pytest.mark.parametrize("raw", MORE_LENIENT.values(), ids=MORE_LENIENT)
def test_a_head_that_others_refuse_is_taken_where_a_proxy_should(raw):
    assert parse_request_head(raw, 256).raw == raw
    assert read_by_h11([raw]).refused or read_by_llhttp([raw]).refused


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/3.0"])
def test_another_major_version_is_refused_with_505(version):
    with pytest.raises(RefusedRequest, match="is not spoken here") as refusal:
        parse_request_head(request(b"GET / " + version), 256)
    assert refusal.value.status_code == 505


def test_too_many_fields_are_refused_with_431():
    raw = request(fields=HOST + b"A: 1\r\n" * 3)
    assert len(parse_request_head(raw, 4).headers) == 4
    with pytest.raises(RefusedRequest, match="4 header fields; the limit is 3") as refusal:
        parse_request_head(raw, 3)
    assert refusal.value.status_code == 431


def test_a_request_head_keeps_what_it_was_read_from():
    raw = b"get /caf\xe9?x HTTP/1.0\r\nX-A:1\r\nx-a:  2\r\n\r\n"
    head = parse_request_head(raw, 256)
    assert (head.method, head.raw_target, head.version) == ("get", "/café?x", "1.0")
    assert head.headers.raw == ((b"X-A", b"1"), (b"x-a", b"2"))
    assert head.raw == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nA: 1\r\nA: 2\r\n\r\n",
        b"HTTP/1.0 404 Not Found\r\n\r\n",
        b"HTTP/1.1 200 \r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 299 F\xfcr Elise\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\n\t3\r\n\r\n",
    ],
)
def test_a_response_head_is_read_as_by_h11(raw):
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "h")]))
    client.send(h11.EndOfMessage())
    client.receive_data(raw)
    event = client.next_event()

    head = parse_response_head(raw, 256)

    assert isinstance(event, h11.Response)
    assert (head.status, head.reason.encode("latin-1")) == (event.status_code, event.reason)
    assert head.version.encode() == event.http_version
    assert list(head.headers.raw) == event.headers.raw_items()


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"HTTP/1.1 200 OK\r\nA : 1\r\n\r\n", (b"A", b"1")),
        (b"HTTP/1.1 200 OK\r\nA\t : 1\r\n\r\n", (b"A", b"1")),
        (b"HTTP/1.1 200 OK\r\nA: 1\r\n \t2\r\n\r\n", (b"A", b"1 2")),
    ],
)
def test_a_response_is_mended_where_a_proxy_must(raw, field):
    # RFC 9112 sections 5.1 and 5.2.
    head = parse_response_head(raw, 256)
    assert head.headers.raw == (field,)
    assert head.raw == raw


@pytest.mark.parametrize(
    ("raw", "finding"),
    [
        (b"HTTP/2 200 OK\r\n\r\n", "bad status line"),
        (b"HTTP/1.1 099 Early\r\n\r\n", "bad status line"),
        (b"HTTP/1.1 20 OK\r\n\r\n", "bad status line"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "bad status line"),
        (b"HTTP/1.1  200 OK\r\n\r\n", "bad status line"),
        (b"HTTP/1.1 OK\r\n\r\n", "bad status line"),
        (b"ICY 200 OK\r\n\r\n", "bad status line"),
        (b"HTTP/1.1 200 OK\nA: 1\r\n\r\n", "a bare LF"),
        (b"HTTP/1.1 200 O\rK\r\n\r\n", "a bare CR"),
        (b"HTTP/1.1 200 OK\r\n A: 1\r\n\r\n", "line folding"),
        (b"HTTP/1.1 200 OK\r\nA\r\n\r\n", "without a colon"),
        (b"HTTP/1.1 200 OK\r\nA B: 1\r\n\r\n", "bad name"),
        (b"HTTP/1.1 200 OK\r\nA: \x00\r\n\r\n", "a NUL"),
    ],
)
def test_an_invalid_response_head_is_refused_with_the_finding(raw, finding):
    with pytest.raises(MalformedMessage, match=finding):
        parse_response_head(raw, 256)


def test_heads_are_written_byte_by_byte():
    fields = Headers({"A": "1"}).raw
    assert encode_request_head("GET", "/caf\xe9", fields) == b"GET /caf\xe9 HTTP/1.1\r\nA: 1\r\n\r\n"
    assert encode_response_head(200, "F\xfcr", fields) == b"HTTP/1.1 200 F\xfcr\r\nA: 1\r\n\r\n"


def test_a_response_without_a_reason_keeps_the_space_that_the_grammar_asks_for():
    assert encode_response_head(299, "", ()) == b"HTTP/1.1 299 \r\n\r\n"


@pytest.mark.parametrize(
    ("start", "line"), [(REQUEST_START, b"OPTIONS /a?b HTTP/1.1\r"), (RESPONSE_START, b"HTTP/1.1 200 OK\r")]
)
def test_every_beginning_of_a_start_line_may_become_one(start, line):
    assert [end for end in range(1, len(line) + 1) if not start.fullmatch(line[:end])] == []


@pytest.mark.parametrize(
    ("start", "data"),
    [
        (REQUEST_START, b"\x16\x03\x01"),
        (REQUEST_START, b"{"),
        (REQUEST_START, b" GET"),
        (RESPONSE_START, b"ICY"),
        (RESPONSE_START, b"HTTP/2"),
        (RESPONSE_START, b"SSH-2.0"),
    ],
)
def test_what_can_never_become_a_start_line_is_known_at_once(start, data):
    assert not start.fullmatch(data)
