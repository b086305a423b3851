"""Waits: who is waited for, for how long, and who sees what arrives meanwhile."""

import threading

import pytest

from mockproxy import ProxyServer, TargetServer
from mockproxy.errors import RecordError, UpstreamTimeout
from tests.support.journey import in_background, journey
from tests.support.raw import Wire, chunk, message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import RawOrigin, answering

OK = b"HTTP/1.1 200 OK"
EMPTY = message(OK, b"Content-Length: 0")
GET = message(b"GET / HTTP/1.1", b"Host: t")
UPLOAD = message(b"POST / HTTP/1.1", b"Host: t", b"Transfer-Encoding: chunked")


def test_a_target_that_waits_for_a_slow_client_is_not_late() -> None:
    gone = threading.Event()

    def script(peer: Wire) -> None:
        try:
            peer.message()
        finally:
            gone.set()
        peer.send(EMPTY)
        peer.rest()

    with journey(script, timeout=0.2) as (client, proxy, _):
        client.send(UPLOAD, chunk(b"first"))
        assert not gone.wait(0.6)
        client.send(chunk(b"second"), b"0\r\n\r\n")
        assert client.response().status == 200
        assert proxy.exchanges.only().request.body == b"firstsecond"


def test_a_target_that_has_the_whole_upload_is_late_after_the_limit() -> None:
    def script(peer: Wire) -> None:
        peer.message()
        peer.rest()

    with journey(script, timeout=0.2) as (client, proxy, origin):
        client.send(UPLOAD, chunk(b"first"))
        origin.connection()
        client.send(b"0\r\n\r\n")
        assert client.response().status == 504
        assert isinstance(proxy.exchanges.only().error, UpstreamTimeout)


def test_a_target_that_does_not_take_the_upload_is_late_after_the_limit() -> None:
    done = threading.Event()

    def script(peer: Wire) -> None:
        peer.head()
        assert done.wait(10)

    def upload(client: RawClient) -> None:
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 33554432"), b"x" * 33_554_432)

    with (
        RawOrigin(script, receive_buffer=65536) as origin,
        ProxyServer(origin.url, timeout=0.3) as proxy,
        RawClient(proxy.url) as client,
        in_background(upload, client),
    ):
        assert client.response().status == 504
        done.set()


def test_a_request_that_comes_later_is_waited_for() -> None:
    with RawOrigin(answering(EMPTY)) as origin, ProxyServer(origin.url) as proxy, RawClient(proxy.url) as client:

        def later() -> None:
            threading.Event().wait(0.15)
            client.send(GET)
            client.response()

        with in_background(later):
            (exchange,) = proxy.exchanges.wait_for(within=2, path="/")
            assert exchange.response.status == 200


def test_a_missing_request_is_missed_at_the_limit_and_the_failure_lists_what_came() -> None:
    with journey(answering(EMPTY)) as (client, proxy, _):
        client.send(message(b"GET /here HTTP/1.1", b"Host: t"))
        client.response()
        with pytest.raises(RecordError, match="/here"):
            proxy.exchanges.wait_for(within=0.1, path="/missing")


def test_a_request_under_way_is_seen_before_it_is_answered() -> None:
    with TargetServer() as target:
        gate = target.gate()
        target.on("GET", "/slow").hold(gate)
        with ProxyServer(target) as proxy, RawClient(proxy.url) as client:
            client.send(message(b"GET /slow HTTP/1.1", b"Host: t"))
            gate.wait_for_held()
            assert proxy.exchanges.open == ["GET /slow"]
            assert target.exchanges.open == ["GET /slow"]
            gate.open()
            assert client.response().status == 200
            assert proxy.exchanges.open == []


def test_two_thousand_times_the_record_is_there_with_the_last_octet() -> None:
    with TargetServer() as target:
        target.on("GET").reply(body=b"x")
        with ProxyServer(target) as proxy, RawClient(proxy.url) as client:
            missed = 0
            for number in range(2000):
                client.send(GET)
                client.until(b"\r\n\r\nx")
                missed += len(proxy.exchanges) != number + 1
                missed += len(target.exchanges) != number + 1
            assert missed == 0
