"""A target that refuses, stalls, lies or breaks off: the client is told the truth, and the record says what it was."""

import contextlib
import threading

import pytest

from mockproxy import ProxyServer
from mockproxy.errors import UpstreamError, UpstreamTimeout
from tests.support.journey import in_background, journey
from tests.support.raw import StreamEnded, Wire, chunk, message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import RawOrigin, answering, answering_once, silent

OK = b"HTTP/1.1 200 OK"
GET = message(b"GET / HTTP/1.1", b"Host: t")
EMPTY = message(OK, b"Content-Length: 0")

NOT_HTTP = {
    "garbage": b"\x00\x01garbage\x02\x03",
    "garbage in lines": b"lwekfu\r\n\r\nlkdsf\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/0.9": b"<html>hello</html>",
    "HTTP/2": message(b"HTTP/2 200 OK", b"Content-Length: 0"),
    "a status of two digits": message(b"HTTP/1.1 20 OK", b"Content-Length: 0"),
    "a status of four digits": message(b"HTTP/1.1 2000 OK", b"Content-Length: 0"),
    "status 099": message(b"HTTP/1.1 099 Odd", b"Content-Length: 0"),
    "a status of letters": message(b"HTTP/1.1 OK", b"Content-Length: 0"),
    "an unasked 101": message(b"HTTP/1.1 101 Switching Protocols", b"Upgrade: x", b"Connection: Upgrade"),
    "Content-Length with Transfer-Encoding": message(
        OK, b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"
    ),
    "two lengths": message(OK, b"Content-Length: 2", b"Content-Length: 3", body=b"abc"),
    "a bad length": message(OK, b"Content-Length: two", body=b"ab"),
    "a transfer coding that is not chunked": message(OK, b"Transfer-Encoding: gzip", body=b"ab"),
    "Transfer-Encoding in HTTP/1.0": message(b"HTTP/1.0 200 OK", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "a bare LF": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "a bare CR": message(OK, b"X: a\rb", b"Content-Length: 0"),
    "NUL": message(OK, b"X: a\x00b", b"Content-Length: 0"),
    "white space before the first field": message(OK, b" X: 1", b"Content-Length: 0"),
    "a line without a colon": message(OK, b"nonsense", b"Content-Length: 0"),
    "a head beyond the limit": message(OK, b"X: " + b"x" * 70_000, b"Content-Length: 0"),
    "too many fields": message(OK, *[b"X: 1"] * 257, b"Content-Length: 0"),
}


@pytest.mark.parametrize("octets", NOT_HTTP.values(), ids=NOT_HTTP.keys())
def test_an_answer_that_is_not_http_becomes_502(octets: bytes) -> None:
    with journey(answering_once(octets)) as (client, proxy, _):
        client.send(GET)
        assert client.response().status == 502
        exchange = proxy.exchanges.only()
        assert exchange.response.status == 502
        assert isinstance(exchange.error, UpstreamError)
        assert exchange.upstream.answer is None
        assert exchange.upstream.error is exchange.error
        assert exchange.upstream.reached_target
        client.send(message(b"GET /again HTTP/1.1", b"Host: t"))
        assert client.response().status == 502


def test_a_target_that_is_not_there_becomes_502() -> None:
    with RawOrigin(silent) as origin:
        gone = origin.url
    with ProxyServer(gone) as proxy, RawClient(proxy.url) as client:
        client.send(GET)
        answer = client.response()
        assert answer.status == 502
        assert gone.removeprefix("http://").encode() in answer.body
        exchange = proxy.exchanges.only()
        assert not exchange.reached_target
        assert exchange.upstream.connection is None
        assert isinstance(exchange.error, UpstreamError)


@pytest.mark.parametrize(("end", "how"), [(Wire.close, "closed"), (Wire.reset, "reset")])
def test_a_target_that_ends_without_an_answer_becomes_502(end, how: str) -> None:
    def script(peer: Wire) -> None:
        peer.message()
        end(peer)

    with journey(script) as (client, proxy, origin):
        client.send(GET)
        assert client.response().status == 502
        assert f"{how} the connection without an answer" in str(proxy.exchanges.only().error)
        assert len(origin.connections) == 1


def test_a_request_is_never_repeated_when_a_kept_connection_breaks() -> None:
    def script(peer: Wire) -> None:
        peer.message()
        peer.send(EMPTY)
        peer.message()

    with journey(script) as (client, proxy, origin):
        client.send(GET, GET)
        assert [client.response().status, client.response().status] == [200, 502]
        assert len(origin.connections) == 1
        assert len(proxy.exchanges[1].legs) == 1
        assert proxy.exchanges[1].upstream.place == 1


def test_a_target_that_ends_in_the_middle_of_a_head_becomes_502() -> None:
    with journey(answering_once(b"HTTP/1.1 200 OK\r\nContent-Le")) as (client, proxy, _):
        client.send(GET)
        assert client.response().status == 502
        assert "in the middle of its answer" in str(proxy.exchanges.only().error)


def test_a_target_that_never_answers_becomes_504_and_is_left() -> None:
    with journey(silent, timeout=0.1) as (client, proxy, origin):
        client.send(GET)
        assert client.response().status == 504
        assert origin.ending(within=2) in ("FIN", "RST")
        exchange = proxy.exchanges.only()
        assert isinstance(exchange.error, UpstreamTimeout)
        assert exchange.upstream.answer is None


def test_interim_responses_do_not_keep_a_target_from_being_late() -> None:
    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(b"HTTP/1.1 103 Early Hints"))
        peer.rest()

    with journey(script, timeout=0.1) as (client, proxy, _):
        client.send(GET)
        assert [client.response().status, client.response().status] == [103, 504]
        assert [head.status for head in proxy.exchanges.only().response.informational] == [103]


def test_a_connection_that_was_too_late_is_not_used_again() -> None:
    late = threading.Event()

    def script(peer: Wire) -> None:
        request = peer.message()
        if request.target == b"/slow":
            assert late.wait(5)
        peer.send(message(OK, b"Content-Length: 5", body=request.target[:5]))
        peer.rest()

    with journey(script, timeout=0.5) as (client, _, origin):
        client.send(message(b"GET /slow HTTP/1.1", b"Host: t"))
        assert client.response().status == 504
        client.send(message(b"GET /fast HTTP/1.1", b"Host: t"))
        assert client.response().body == b"/fast"
        late.set()
        assert len(origin.connections) == 2


# Answers that break off behind their head: the client gets what came, and can tell that it is not all.


def test_an_answer_shorter_than_its_length_is_cut_off_at_the_client() -> None:
    with journey(answering_once(message(OK, b"Content-Length: 50", body=b"short"))) as (client, proxy, _):
        client.send(GET)
        assert client.until(b"\r\n\r\n") == message(OK, b"Content-Length: 50")
        assert client.rest() == b"short"
        exchange = proxy.exchanges.only()
        assert isinstance(exchange.error, UpstreamError)
        assert exchange.response.body == b"short"
        assert exchange.upstream.response.body == b"short"
        assert exchange.upstream.error is exchange.error


def test_a_chunked_answer_without_an_end_has_none_at_the_client() -> None:
    reply = message(OK, b"Transfer-Encoding: chunked", body=chunk(b"abc") + chunk(b"de"))
    with journey(answering_once(reply)) as (client, proxy, _):
        client.send(GET)
        client.until(b"\r\n\r\n")
        assert client.rest() in (chunk(b"abc") + chunk(b"de"), chunk(b"abcde"))
        exchange = proxy.exchanges.only()
        assert isinstance(exchange.error, UpstreamError)
        assert exchange.response.body == b"abcde"


@pytest.mark.parametrize(
    "bad", [b"ZZ\r\nab\r\n", b"2\nab\r\n", b"2\r\nabXX", b"0\r\nX : 1\r\n\r\n", b"0\r\nX: a\rb\r\n\r\n"]
)
def test_a_malformed_chunk_cuts_the_answer_off(bad: bytes) -> None:
    reply = message(OK, b"Transfer-Encoding: chunked", body=chunk(b"abc") + bad)

    def script(peer: Wire) -> None:
        peer.message()
        peer.send(reply)
        peer.rest()

    with journey(script) as (client, proxy, _):
        client.send(GET)
        answer = client.rest()
        # The finding may come with the head, and then nothing has been promised yet.
        assert b"0\r\n\r\n" not in answer
        exchange = proxy.exchanges.only()
        assert isinstance(exchange.error, UpstreamError)
        assert exchange.response.status in (200, 502)


def test_an_answer_without_any_length_that_is_reset_does_not_look_complete() -> None:
    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(OK), b"some of it")
        assert passed.wait(5)
        peer.reset()

    passed = threading.Event()
    with journey(script) as (client, proxy, _):
        client.send(GET)
        client.until(b"some of it\r\n")
        passed.set()
        assert client.rest() == b""
        exchange = proxy.exchanges.only()
        assert isinstance(exchange.error, UpstreamError)
        assert exchange.response.body == b"some of it"


def test_an_early_refusal_of_a_large_upload_reaches_the_client() -> None:
    """The target closes with octets unread, and its reset may overtake the answer at every send."""
    refusal = message(b"HTTP/1.1 413 Too Large", b"Connection: close", b"Content-Length: 3", body=b"big")

    def script(peer: Wire) -> None:
        peer.head()
        peer.send(refusal)

    def upload(client: RawClient) -> None:
        with contextlib.suppress(StreamEnded):
            client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 100000000"), b"x" * 3_000_000)

    for _ in range(10):
        with journey(script) as (client, proxy, _), in_background(upload, client):
            answer = client.response()
            assert (answer.status, answer.body) == (413, b"big")
            assert answer.all(b"Connection") == [b"close"]
            exchange = proxy.exchanges.only()
            assert exchange.response.status == exchange.upstream.response.status == 413
            assert exchange.error is None


def test_an_early_answer_of_a_target_that_goes_on_reading_reaches_the_client() -> None:
    def script(peer: Wire) -> None:
        peer.head()
        peer.send(message(OK, b"Content-Length: 2", body=b"ok"))
        peer.rest()

    with journey(script) as (client, proxy, origin):
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 10"), b"12345")
        assert client.response().body == b"ok"
        assert client.rest() == b""
        assert origin.ending(within=2) in ("FIN", "RST")
        assert proxy.exchanges.only().request.body == b"12345"


def test_many_answers_of_targets_that_close_at_once_all_come() -> None:
    with journey(answering(message(OK, b"Connection: close", b"Content-Length: 2", body=b"ok"))) as (client, proxy, _):
        for _ in range(50):
            client.send(GET)
            assert client.response().body == b"ok"
        assert len(proxy.exchanges) == 50
