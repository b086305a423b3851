"""What could be read in two ways, or is no HTTP, is answered with 4xx or 5xx, closed, recorded and never forwarded."""

import pytest

from mockproxy.errors import MalformedMessage, RefusedRequest
from tests.support.journey import Journey, journey
from tests.support.raw import chunk, message
from tests.support.raw_origin import answering

NO_CONTENT = message(b"HTTP/1.1 204 No Content")
POST = b"POST /a HTTP/1.1"
HOST = b"Host: t"
SMUGGLED = message(b"GET /smuggled HTTP/1.1", HOST)

MALFORMED = {
    "Content-Length with Transfer-Encoding": message(
        POST, HOST, b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "Transfer-Encoding with Content-Length": message(
        POST, HOST, b"Transfer-Encoding: chunked", b"Content-Length: 100", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "two lengths": message(POST, HOST, b"Content-Length: 2", b"Content-Length: 3", body=b"abc"),
    "two lengths in one line": message(POST, HOST, b"Content-Length: 2, 3", body=b"abc"),
    "a signed length": message(POST, HOST, b"Content-Length: +2", body=b"ab"),
    "a negative length": message(POST, HOST, b"Content-Length: -1", body=b"ab"),
    "a hexadecimal length": message(POST, HOST, b"Content-Length: 0x2", body=b"ab"),
    "a length with an underscore": message(POST, HOST, b"Content-Length: 1_0", body=b"ab"),
    "an empty length": message(POST, HOST, b"Content-Length:", body=b"ab"),
    "a length of Arabic digits": message(POST, HOST, "Content-Length: ٢".encode(), body=b"ab"),
    "chunked is not last": message(POST, HOST, b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n" + SMUGGLED),
    "chunked is not last, in two lines": message(
        POST, HOST, b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "chunked twice": message(POST, HOST, b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "chunked in two lines": message(
        POST, HOST, b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "xchunked": message(POST, HOST, b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "chunked behind a control": message(POST, HOST, b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "quoted chunked": message(POST, HOST, b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n" + SMUGGLED),
    "an empty Transfer-Encoding": message(POST, HOST, b"Transfer-Encoding:", body=b"0\r\n\r\n" + SMUGGLED),
    "Transfer-Encoding in HTTP/1.0": message(
        b"POST /a HTTP/1.0", HOST, b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "space before the colon": message(POST, HOST, b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "tab before the colon": message(POST, HOST, b"Content-Length\t: 2", body=b"ab"),
    "line folding": message(POST, HOST, b"X: a", b" b"),
    "a folded Transfer-Encoding": message(POST, HOST, b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "white space before the first field": message(POST, b" Host: t", HOST),
    "a line without a colon": message(POST, HOST, b"nonsense"),
    "a field without a name": message(POST, HOST, b": nameless"),
    "a name that is no token": message(POST, HOST, b"X(Y): 1"),
    "a name with an octet above 127": message(POST, HOST, b"X\xe9: 1"),
    "NUL in a value": message(POST, HOST, b"X: a\x00b"),
    "NUL in a name": message(POST, HOST, b"X\x00: ab"),
    "a bare CR in a value": message(POST, HOST, b"X: a\rTransfer-Encoding: chunked"),
    "a bare CR in the request line": message(b"POST /a\r HTTP/1.1", HOST),
    "a bare LF in the head": b"GET / HTTP/1.1\r\nHost: t\nX: 1\r\n\r\n",
    "bare LF everywhere": b"GET / HTTP/1.1\nHost: t\n\n",
    "CR CR LF": b"GET / HTTP/1.1\r\nHost: t\r\r\nX: 1\r\n\r\n",
    "no Host": message(b"GET / HTTP/1.1", b"X: 1"),
    "two Hosts": message(b"GET / HTTP/1.1", HOST, b"Host: other"),
    "two equal Hosts": message(b"GET / HTTP/1.1", HOST, HOST),
    "a Host with a space": message(b"GET / HTTP/1.1", b"Host: a b"),
    "a Host with user information": message(b"GET / HTTP/1.1", b"Host: u@t"),
    "a Host with a path": message(b"GET / HTTP/1.1", b"Host: t/evil"),
    "HTTP/0.9": b"GET /\r\n\r\n",
    "two spaces in the request line": message(b"GET  / HTTP/1.1", HOST),
    "a tab in the request line": message(b"GET\t/ HTTP/1.1", HOST),
    "white space behind the version": message(b"GET / HTTP/1.1 ", HOST),
    "a lower-case version": message(b"GET / http/1.1", HOST),
    "a version without a minor": message(b"GET / HTTP/1", HOST),
    "a method that is no token": message(b"GE(T / HTTP/1.1", HOST),
    "TLS": bytes.fromhex("16030100c8010000c40303") + b"\x0a\x0b\x0c" * 60,
    "garbage": b"\x00\x01\x02\x03",
}
BAD_CHUNKS = {
    "letters for a size": b"ZZ\r\nab\r\n0\r\n\r\n",
    "0x before a size": b"0x2\r\nab\r\n0\r\n\r\n",
    "a signed size": b"+2\r\nab\r\n0\r\n\r\n",
    "a size with an underscore": b"1_0\r\nab\r\n0\r\n\r\n",
    "a size of seventeen digits": b"00000000000000002\r\nab\r\n0\r\n\r\n",
    "an empty size": b"\r\nab\r\n0\r\n\r\n",
    "white space before a size": b" 2\r\nab\r\n0\r\n\r\n",
    "a bare LF behind a size": b"2\nab\r\n0\r\n\r\n",
    "a bare CR in an extension": b"2;a\rb\r\nab\r\n0\r\n\r\n",
    "NUL in an extension": b"2;a\x00b\r\nab\r\n0\r\n\r\n",
    "no CRLF behind the data": b"2\r\nabXX0\r\n\r\n",
    "a bare LF behind the data": b"2\r\nab\n0\r\n\r\n",
    "good data before a bad size": b"2\r\nab\r\nZZ\r\n",
    "a trailer without a colon": b"0\r\nnonsense\r\n\r\n",
    "a space before the colon of a trailer": b"0\r\nX : 1\r\n\r\n",
    "a folded trailer": b"0\r\nX: 1\r\n 2\r\n\r\n",
    "a bare CR in a trailer": b"0\r\nX: a\rb\r\n\r\n",
    "NUL in a trailer": b"0\r\nX: a\x00b\r\n\r\n",
    "a bare LF behind a trailer": b"0\r\nX: a\n\r\n",
}


def assert_refused(went: Journey, status: int) -> str:
    """The one refusal is answered and closes the connection; gives the finding."""
    client, proxy, origin = went
    assert client.response().status == status
    assert client.rest() == b""
    assert client.ended == "FIN"
    assert origin.connections == []
    exchange = proxy.exchanges.only()
    assert exchange.legs == ()
    assert exchange.response.status == status
    assert isinstance(exchange.error, MalformedMessage if status == 400 else RefusedRequest)
    return str(exchange.error)


@pytest.mark.parametrize("octets", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_head_is_refused(octets: bytes) -> None:
    with journey(answering(NO_CONTENT)) as went, went.proxy.expecting(MalformedMessage) as troubles:
        went.client.send(octets)
        finding = assert_refused(went, 400)
        assert went.proxy.exchanges.only().received is None
        assert octets.startswith(went.proxy.exchanges.only().raw)
        assert [str(trouble) for trouble in troubles] == [finding]


@pytest.mark.parametrize("body", BAD_CHUNKS.values(), ids=BAD_CHUNKS.keys())
def test_a_malformed_chunked_body_is_refused(body: bytes) -> None:
    with journey(answering(NO_CONTENT)) as went, went.proxy.expecting(MalformedMessage):
        went.client.send(message(POST, HOST, b"Transfer-Encoding: chunked", body=body))
        assert_refused(went, 400)
        assert went.proxy.exchanges.only().request.method == "POST"


def test_a_chunk_that_turns_bad_on_the_way_is_refused_and_its_request_never_completed() -> None:
    with journey(answering(NO_CONTENT)) as (client, proxy, origin), proxy.expecting(MalformedMessage):
        client.send(message(POST, HOST, b"Transfer-Encoding: chunked", body=chunk(b"good")))
        origin.connection()
        client.send(b"bad\n")
        assert client.response().status == 400
        assert client.rest() == b""
        origin.ending()
        assert origin.requests == []
        assert "bare LF" in str(proxy.exchanges.only().error)


def test_a_tls_handshake_is_told_what_to_do() -> None:
    with journey(answering(NO_CONTENT)) as went, went.proxy.expecting(MalformedMessage):
        went.client.send(MALFORMED["TLS"])
        assert "use http://, not https://" in assert_refused(went, 400)


@pytest.mark.parametrize("version", [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/3.1"])
def test_another_version_is_not_spoken(version: bytes) -> None:
    with journey(answering(NO_CONTENT)) as went:
        went.client.send(message(b"GET / " + version, HOST))
        assert_refused(went, 505)


def test_the_preface_of_http2_is_not_spoken() -> None:
    with journey(answering(NO_CONTENT)) as went:
        went.client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        assert_refused(went, 505)


def test_a_transfer_coding_that_nobody_here_speaks_is_refused() -> None:
    with journey(answering(NO_CONTENT)) as went:
        went.client.send(message(POST, HOST, b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"))
        assert "gzip" in assert_refused(went, 501)


def test_a_head_beyond_the_limit_is_refused() -> None:
    with journey(answering(NO_CONTENT)) as went:
        went.client.send(message(b"GET / HTTP/1.1", HOST, b"X: " + b"x" * 65536))
        assert "65536" in assert_refused(went, 431)


def test_a_head_that_never_ends_is_refused_at_the_limit() -> None:
    with journey(answering(NO_CONTENT)) as went:
        went.client.send(b"GET / HTTP/1.1\r\nHost: t\r\nX: ", b"x" * 65536)
        assert_refused(went, 431)


def test_too_many_fields_are_refused() -> None:
    with journey(answering(NO_CONTENT)) as went:
        went.client.send(message(b"GET / HTTP/1.1", HOST, *[b"X: 1"] * 256))
        assert "257 header fields; the limit is 256" in assert_refused(went, 431)


def test_as_many_fields_as_the_limit_says_cross() -> None:
    with journey(answering(NO_CONTENT)) as (client, _, origin):
        client.send(message(b"GET / HTTP/1.1", HOST, *[b"X: 1"] * 255))
        assert client.response().status == 204
        assert origin.request.all(b"X") == [b"1"] * 255


def test_a_trailer_section_beyond_the_limit_is_refused() -> None:
    with journey(answering(NO_CONTENT)) as (client, proxy, origin), proxy.expecting(MalformedMessage):
        body = b"0\r\n" + b"X: %b\r\n" % (b"x" * 1000) * 70
        client.send(message(POST, HOST, b"Transfer-Encoding: chunked", body=body))
        assert client.response().status == 400
        assert origin.requests == []
        assert "trailer section" in str(proxy.exchanges.only().error)


def test_what_follows_a_malformed_request_is_not_read() -> None:
    with journey(answering(NO_CONTENT)) as (client, proxy, origin), proxy.expecting(MalformedMessage):
        client.send(message(b"GET /first HTTP/1.1", HOST), message(b"GET /bad HTTP/1.1", b"X : 1"), SMUGGLED)
        assert client.response().status == 204
        assert client.response().status == 400
        assert client.rest() == b""
        assert origin.request.target == b"/first"
        assert [exchange.place for exchange in proxy.exchanges] == [0, 1]


def test_one_empty_line_before_a_request_is_ignored() -> None:
    with journey(answering(NO_CONTENT)) as (client, _, origin):
        client.send(b"\r\n", message(b"GET / HTTP/1.1", HOST))
        assert client.response().status == 204
        assert origin.request.start == b"GET / HTTP/1.1"


def test_connect_opens_no_tunnel() -> None:
    with journey(answering(NO_CONTENT)) as (client, proxy, origin):
        client.send(message(b"CONNECT elsewhere.test:443 HTTP/1.1", b"Host: elsewhere.test:443"))
        assert client.response("CONNECT").status == 405
        assert origin.connections == []
        exchange = proxy.exchanges.only()
        assert exchange.request.raw_target == "elsewhere.test:443"
        assert isinstance(exchange.error, RefusedRequest)
