"""A target of ours keeps the same rules towards a client of octets as the proxy does."""

import pytest

from mockproxy import TargetServer
from mockproxy.errors import ClientLeft, MalformedMessage, RefusedRequest
from tests.support.raw import chunk, message
from tests.support.raw_client import RawClient

GET = message(b"GET / HTTP/1.1", b"Host: t")
HOST = b"Host: t"


def test_nothing_is_added_to_a_reply_but_its_length() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on("GET").reply(headers=[("x-B", "1"), ("X-b", "2")], body=b"ok")
        client.send(GET)
        assert client.response().raw == message(
            b"HTTP/1.1 200 OK", b"x-B: 1", b"X-b: 2", b"Content-Length: 2", body=b"ok"
        )


@pytest.mark.parametrize("status", [204, 304])
def test_a_reply_without_a_body_ends_with_its_head(status: int) -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on("GET").reply(status)
        client.send(GET, GET)
        assert [client.response().raw.count(b"\r\n\r\n") for _ in range(2)] == [1, 1]
        assert [exchange.response.status for exchange in target.exchanges] == [status, status]


def test_head_gets_the_length_and_no_body() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on("HEAD").reply(body=b"x" * 600)
        client.send(message(b"HEAD / HTTP/1.1", HOST), message(b"HEAD / HTTP/1.1", HOST))
        for _ in range(2):
            answer = client.response("HEAD")
            assert (answer.status, answer.payload) == (200, b"")
        assert target.exchanges[0].response.body == b""


def test_a_stream_is_chunked_and_its_first_piece_comes_at_once() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        gate = target.gate()
        target.on("GET").reply(stream=[b"first", gate, "second"])
        client.send(GET)
        assert client.until(b"\r\n\r\n") == message(b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked")
        assert client.until(b"first\r\n") == chunk(b"first")
        gate.open()
        assert client.until(b"0\r\n\r\n") == chunk(b"second") + b"0\r\n\r\n"
        assert target.exchanges.only().response.body == b"firstsecond"


def test_a_stream_for_a_client_of_http_1_0_ends_with_the_connection() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on("GET").reply(stream=[b"first", b"second"])
        client.send(message(b"GET / HTTP/1.0"))
        assert client.rest() == message(b"HTTP/1.1 200 OK", b"Connection: close", body=b"firstsecond")


def test_pipelined_requests_are_answered_in_order_by_sequences() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on("GET").reply(503).then(503).then(200)
        client.send(GET * 4)
        client.half_close()
        assert [client.response().status for _ in range(4)] == [503, 503, 200, 200]
        assert client.rest() == b""
        assert target.exchanges.attempts("GET", "/").statuses == (503, 503, 200, 200)


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (
            message(b"POST / HTTP/1.1", HOST, b"Content-Length: 1", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
            400,
        ),
        (message(b"POST / HTTP/1.1", HOST, b"Transfer-Encoding: chunked", body=b"ZZ\r\n"), 400),
        (message(b"GET / HTTP/1.1", b"Host : t"), 400),
        (b"GET / HTTP/1.1\nHost: t\n\n", 400),
        (message(b"GET / HTTP/2.0", HOST), 505),
        (message(b"GET / HTTP/1.1", HOST, b"X: " + b"x" * 65536), 431),
    ],
)
def test_what_is_no_request_is_refused_and_recorded(octets: bytes, status: int) -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on().reply(200)
        if status == 400:
            with target.expecting(MalformedMessage):
                client.send(octets)
                assert client.response().status == status
        else:
            client.send(octets)
            assert client.response().status == status
        assert client.rest() == b""
        exchange = target.exchanges.only()
        assert exchange.response.status == status
        assert isinstance(exchange.error, MalformedMessage | RefusedRequest)


def test_a_client_that_leaves_a_held_request_is_recorded() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        gate = target.gate()
        target.on("GET").hold(gate)
        client.send(GET)
        gate.wait_for_held()
        client.reset()
        (exchange,) = target.exchanges.wait_for()
        assert isinstance(exchange.error, ClientLeft)
        assert exchange.given is None


def test_a_body_and_its_trailers_are_read_whole_before_the_reply() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on("POST").reply_with(lambda request: f"{request.text} {request.trailers['X-Sum']}")
        body = chunk(b"one") + chunk(b"two") + b"0\r\nX-Sum: 6\r\n\r\n"
        client.send(message(b"POST / HTTP/1.1", HOST, b"Transfer-Encoding: chunked", body=body))
        assert client.response().body == b"onetwo 6"


def test_an_absolute_target_finds_its_stub() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on("GET", "/a", query="x=1").reply(204)
        client.send(message(b"GET http://elsewhere.test/a?x=1 HTTP/1.1", b"Host: elsewhere.test"))
        assert client.response().status == 204
