"""Connections are kept, counted and ended: on both sides of the proxy."""

import threading

import pytest

from mockproxy import ProxyServer, TargetServer
from mockproxy.errors import ClientLeft
from tests.support.journey import journey
from tests.support.raw import Wire, chunk, message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import RawOrigin, answering, answering_once

OK = b"HTTP/1.1 200 OK"
EMPTY = message(OK, b"Content-Length: 0")


def get(path: bytes, *fields: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return message(b"GET " + path + b" " + version, b"Host: t", *fields)


def echo_target(peer: Wire) -> None:
    """Answers every request with its own target as the body."""
    while True:
        target = peer.message().target
        peer.send(message(OK, b"Content-Length: %d" % len(target), body=target))


def test_requests_on_one_connection_are_counted_from_zero_on_both_sides() -> None:
    with journey(echo_target) as (client, proxy, origin):
        for path in (b"/0", b"/1", b"/2"):
            client.send(get(path))
            assert client.response().body == path
        assert [exchange.place for exchange in proxy.exchanges] == [0, 1, 2]
        assert [exchange.upstream.place for exchange in proxy.exchanges] == [0, 1, 2]
        assert len(origin.connections) == 1
        assert len({exchange.upstream.connection for exchange in proxy.exchanges}) == 1
        assert {exchange.connection.client for exchange in proxy.exchanges} == {client.address}


def test_pipelined_requests_are_answered_in_order() -> None:
    with journey(echo_target) as (client, proxy, _):
        client.send(*[get(b"/%d" % number) for number in range(50)])
        assert [client.response().body for _ in range(50)] == [b"/%d" % number for number in range(50)]
        assert [exchange.request.path for exchange in proxy.exchanges] == [f"/{number}" for number in range(50)]
        assert [exchange.place for exchange in proxy.exchanges] == list(range(50))


def test_a_pipelined_request_waits_for_the_answer_before_it() -> None:
    go = threading.Event()

    def script(peer: Wire) -> None:
        peer.message()
        assert go.wait(5)
        peer.send(EMPTY)
        peer.message()
        peer.send(EMPTY)

    with journey(script) as (client, proxy, origin):
        client.send(get(b"/first"), get(b"/second"))
        origin.connection()
        assert [request.target for request in origin.requests] in ([], [b"/first"])
        assert proxy.exchanges.open in ([], ["GET /first"])
        go.set()
        client.response()
        client.response()
        assert len(origin.connections) == 1


def test_a_pipelined_request_behind_a_body_is_found() -> None:
    with journey(echo_target) as (client, proxy, origin):
        client.send(
            message(b"POST /a HTTP/1.1", b"Host: t", b"Content-Length: 3", body=b"abc"),
            message(b"POST /b HTTP/1.1", b"Host: t", b"Transfer-Encoding: chunked", body=chunk(b"de") + b"0\r\n\r\n"),
            get(b"/c"),
        )
        assert [client.response().body for _ in range(3)] == [b"/a", b"/b", b"/c"]
        assert [request.body for request in origin.requests] == [b"abc", b"de", b""]
        assert [exchange.request.body for exchange in proxy.exchanges] == [b"abc", b"de", b""]


def test_a_request_that_comes_octet_by_octet_is_read() -> None:
    with journey(echo_target) as (client, proxy, _):
        octets = message(
            b"POST /a HTTP/1.1", b"Host: t", b"Transfer-Encoding: chunked", body=b"2\r\nab\r\n0\r\nX: 1\r\n\r\n"
        )
        for octet in octets:
            client.send(bytes([octet]))
        assert client.response().body == b"/a"
        assert proxy.exchanges.only().request.body == b"ab"
        assert proxy.exchanges.only().request.raw_head + b"2\r\nab\r\n0\r\nX: 1\r\n\r\n" == octets


def test_close_is_announced_and_done_when_the_client_asks_for_it() -> None:
    with journey(echo_target) as (client, proxy, _):
        client.send(get(b"/a", b"Connection: close"), get(b"/never"))
        answer = client.response()
        assert answer.all(b"Connection") == [b"close"]
        assert client.rest() == b""
        assert client.ended == "FIN"
        assert proxy.exchanges.only().request.path == "/a"


def test_a_connection_to_the_target_outlives_that_of_the_client() -> None:
    with journey(echo_target) as (client, proxy, origin):
        client.send(get(b"/a", b"Connection: close"))
        client.response()
        with RawClient(proxy.url) as other:
            other.send(get(b"/b"))
            assert other.response().body == b"/b"
        assert len(origin.connections) == 1
        assert [exchange.place for exchange in proxy.exchanges] == [0, 0]
        assert [exchange.upstream.place for exchange in proxy.exchanges] == [0, 1]


def test_a_target_that_says_close_is_not_asked_again_on_that_connection() -> None:
    with journey(answering(message(OK, b"Connection: close", b"Content-Length: 0"))) as (client, _, origin):
        for _ in range(2):
            client.send(get(b"/"))
            assert client.response().all(b"Connection") == []
        assert origin.ending(0) in ("FIN", "RST")
        assert len(origin.connections) == 2


def test_a_target_of_http_1_0_is_asked_again_only_where_it_keeps_alive() -> None:
    once = message(b"HTTP/1.0 200 OK", b"Content-Length: 0")
    kept = message(b"HTTP/1.0 200 OK", b"Connection: Keep-Alive", b"Content-Length: 0")
    with journey(answering(once, kept, kept)) as (client, proxy, origin):
        for _ in range(3):
            client.send(get(b"/"))
            assert client.response().start == b"HTTP/1.1 200 OK"
        assert [len(connection.messages) for connection in origin.connections] == [1, 2]
        assert [exchange.upstream.response.version for exchange in proxy.exchanges] == ["1.0"] * 3


def test_a_target_that_closes_idle_connections_is_asked_on_a_new_one() -> None:
    with journey(answering_once(EMPTY)) as (client, proxy, origin):
        for number in range(3):
            client.send(get(b"/"))
            assert client.response().status == 200
            origin.ending(number)
        assert [exchange.upstream.place for exchange in proxy.exchanges] == [0, 0, 0]
        assert len(origin.connections) == 3


def test_octets_that_nobody_asked_for_are_never_an_answer() -> None:
    speak = threading.Event()

    def script(peer: Wire) -> None:
        peer.message()
        peer.send(EMPTY)
        assert speak.wait(5)
        peer.send(message(b"HTTP/1.1 666 Evil", b"Content-Length: 0"))
        peer.rest()

    with journey(script) as (client, proxy, origin):
        client.send(get(b"/a"))
        assert client.response().status == 200
        speak.set()
        assert origin.ending(0) in ("FIN", "RST")
        client.send(get(b"/b"))
        assert client.response().status == 200
        assert len(origin.connections) == 2
        assert [exchange.response.status for exchange in proxy.exchanges] == [200, 200]


def test_an_answer_longer_than_it_says_ends_where_it_says() -> None:
    with journey(answering(message(OK, b"Content-Length: 2", body=b"ab" + EMPTY))) as (client, proxy, origin):
        client.send(get(b"/a"))
        assert client.response().body == b"ab"
        client.send(get(b"/b"))
        assert client.response().body == b"ab"
        assert len(origin.connections) == 2
        assert [exchange.response.body for exchange in proxy.exchanges] == [b"ab", b"ab"]


# HTTP/1.0 clients.


def test_a_client_of_http_1_0_is_answered_and_closed() -> None:
    with journey(echo_target) as (client, proxy, origin):
        client.send(message(b"GET /a HTTP/1.0"))
        answer = client.response()
        assert (answer.start, answer.body) == (b"HTTP/1.1 200 OK", b"/a")
        assert answer.all(b"Connection") == [b"close"]
        assert client.rest() == b""
        assert origin.request.start == b"GET /a HTTP/1.1"
        assert origin.request.all(b"X-Forwarded-Host") == []
        assert proxy.exchanges.only().request.version == "1.0"


def test_a_client_of_http_1_0_may_keep_its_connection() -> None:
    with journey(echo_target) as (client, proxy, _):
        for path in (b"/a", b"/b"):
            client.send(get(path, b"Connection: Keep-Alive", version=b"HTTP/1.0"))
            answer = client.response()
            assert (answer.body, answer.all(b"Connection")) == (path, [b"keep-alive"])
        assert [exchange.place for exchange in proxy.exchanges] == [0, 1]


def test_close_counts_more_than_keep_alive() -> None:
    with journey(echo_target) as (client, _, _):
        client.send(get(b"/a", b"Connection: keep-alive, close", version=b"HTTP/1.0"))
        assert client.response().all(b"Connection") == [b"close"]
        assert client.rest() == b""


def test_a_client_of_http_1_0_gets_a_chunked_answer_without_chunks() -> None:
    reply = message(OK, b"Transfer-Encoding: chunked", body=chunk(b"abc") + chunk(b"de") + b"0\r\nX-Sum: 6\r\n\r\n")
    with journey(answering(reply)) as (client, proxy, _):
        client.send(get(b"/", b"Connection: keep-alive", version=b"HTTP/1.0"))
        answer = client.response()
        assert answer.fields == [(b"Connection", b"close")]
        assert answer.body == b"abcde"
        assert client.ended == "FIN"
        assert proxy.exchanges.only().response.body == b"abcde"


def test_a_client_of_http_1_0_learns_by_a_reset_that_its_answer_is_cut_off() -> None:
    reply = message(OK, b"Transfer-Encoding: chunked", body=chunk(b"abc"))
    with journey(answering_once(reply)) as (client, proxy, _):
        client.send(get(b"/", version=b"HTTP/1.0"))
        client.until(b"\r\n\r\n")
        client.rest()
        assert client.ended == "RST"
        assert "in the middle of its answer" in str(proxy.exchanges.only().error)


# Clients that have finished sending, and clients that have left.


def test_a_client_that_has_finished_sending_is_still_answered() -> None:
    with journey(echo_target) as (client, proxy, _):
        client.send(get(b"/a"))
        client.half_close()
        assert client.response().body == b"/a"
        assert client.rest() == b""
        assert proxy.exchanges.only().error is None


def test_all_pipelined_requests_of_a_client_that_has_finished_sending_are_answered() -> None:
    with journey(echo_target) as (client, proxy, _):
        client.send(get(b"/a"), get(b"/b"), get(b"/c"))
        client.half_close()
        assert [client.response().body for _ in range(3)] == [b"/a", b"/b", b"/c"]
        assert client.rest() == b""
        assert len(proxy.exchanges) == 3


def test_a_client_that_leaves_between_requests_leaves_no_record() -> None:
    with journey(echo_target) as (client, proxy, _):
        client.send(get(b"/a"))
        client.response()
        client.close()
        with RawClient(proxy.url) as other:
            other.send(get(b"/b"))
            other.response()
        assert [exchange.request.path for exchange in proxy.exchanges] == ["/a", "/b"]


def test_a_client_that_leaves_in_the_middle_of_a_head_is_recorded() -> None:
    with journey(echo_target) as (client, proxy, origin):
        client.send(b"GET /a HTTP/1.1\r\nHo")
        client.close()
        (exchange,) = proxy.exchanges.wait_for()
        assert exchange.received is None
        assert exchange.given is None
        assert exchange.raw == b"GET /a HTTP/1.1\r\nHo"
        assert isinstance(exchange.error, ClientLeft)
        assert origin.connections == []


@pytest.mark.parametrize("leave", [RawClient.close, RawClient.reset])
def test_a_client_that_leaves_cancels_the_request_of_its_target(leave) -> None:
    asked = threading.Event()

    def script(peer: Wire) -> None:
        peer.message()
        asked.set()
        peer.rest()

    with journey(script) as (client, proxy, origin):
        client.send(get(b"/slow"))
        assert asked.wait(5)
        leave(client)
        assert origin.ending(within=2) in ("FIN", "RST")
        (exchange,) = proxy.exchanges.wait_for()
        assert isinstance(exchange.error, ClientLeft)
        assert exchange.given is None
        assert exchange.upstream.reached_target


@pytest.mark.parametrize("leave", [RawClient.close, RawClient.reset])
def test_a_client_that_leaves_in_the_middle_of_an_answer_cancels_it(leave) -> None:
    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(OK, b"Content-Type: text/event-stream"), b"data: 1\n\n")
        peer.rest()

    with journey(script) as (client, proxy, origin):
        client.send(get(b"/events"))
        client.until(b"data: 1\n\n")
        leave(client)
        assert origin.ending(within=2) in ("FIN", "RST")
        (exchange,) = proxy.exchanges.wait_for()
        assert isinstance(exchange.error, ClientLeft)
        assert exchange.response.status == 200
        assert exchange.response.body == b"data: 1\n\n"


@pytest.mark.parametrize(
    "started",
    [
        message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 10", body=b"12345"),
        message(b"POST / HTTP/1.1", b"Host: t", b"Transfer-Encoding: chunked", body=chunk(b"12345")),
        message(b"POST / HTTP/1.1", b"Host: t", b"Transfer-Encoding: chunked", body=b"5\r\n12345"),
        message(b"POST / HTTP/1.1", b"Host: t", b"Transfer-Encoding: chunked", body=chunk(b"12345") + b"0\r\nX: 1\r\n"),
    ],
    ids=["length", "between chunks", "in a chunk", "in the trailers"],
)
@pytest.mark.parametrize("leave", [RawClient.close, RawClient.half_close])
def test_an_upload_that_breaks_off_never_looks_complete_to_the_target(started: bytes, leave) -> None:
    begun = threading.Event()
    came = []

    def script(peer: Wire) -> None:
        peer.head()
        begun.set()
        came.append(peer.rest())

    with journey(script) as (client, proxy, origin):
        client.send(started)
        assert begun.wait(5)
        leave(client)
        assert origin.ending(within=2) in ("FIN", "RST")
        assert came[0] in (b"", b"12345", chunk(b"12345"))
        (exchange,) = proxy.exchanges.wait_for()
        assert isinstance(exchange.error, ClientLeft)
        assert exchange.given is None


def test_a_target_server_hears_of_a_client_that_left_through_the_proxy() -> None:
    with TargetServer() as target:
        gate = target.gate()
        target.on("GET", "/held").hold(gate)
        with ProxyServer(target) as proxy, RawClient(proxy.url) as client:
            client.send(get(b"/held"))
            gate.wait_for_held()
            client.close()
            (exchange,) = target.exchanges.wait_for()
            assert isinstance(exchange.error, ClientLeft)
            assert exchange.connection == proxy.exchanges.wait_for()[0].upstream.connection


def test_a_stub_that_says_close_closes() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on("GET").reply(headers={"Connection": "close"}, text="bye")
        client.send(get(b"/"))
        answer = client.response()
        assert (answer.all(b"Connection"), answer.body) == ([b"close"], b"bye")
        assert client.rest() == b""
        assert client.ended == "FIN"


def test_stopping_ends_a_connection_that_is_idle() -> None:
    with RawOrigin(echo_target) as origin:
        with ProxyServer(origin.url) as proxy:
            client = RawClient(proxy.url)
            client.send(get(b"/a"))
            client.response()
        with client:
            assert client.rest() == b""
        assert origin.ending(within=2) in ("FIN", "RST")
