"""Bodies pass while they are made: at once, whole, and without filling anybody's memory."""

import asyncio
import contextlib
import hashlib
import socket
import sys
import threading

import pytest

from mockproxy import ProxyContext, ProxyServer
from mockproxy.errors import ClientLeft, UpstreamError
from tests.support.journey import in_background, journey
from tests.support.raw import StreamEnded, Wire, chunk, message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import RawOrigin, answering, silent

OK = b"HTTP/1.1 200 OK"
MEBI = 1024 * 1024
BLOCK = bytes(range(256)) * 256
GET = message(b"GET / HTTP/1.1", b"Host: t")
MEASURES_MEMORY = pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
UPLOAD = message(b"POST / HTTP/1.1", b"Host: t", b"Transfer-Encoding: chunked")


def digest_of(blocks: int) -> str:
    digest = hashlib.sha256()
    for _ in range(blocks):
        digest.update(BLOCK)
    return digest.hexdigest()


def send_blocks(wire: Wire, blocks: int) -> None:
    for _ in range(blocks):
        wire.send(BLOCK)


def peak_rss() -> int:
    with open("/proc/self/status") as status:
        return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def reset_peak_rss() -> None:
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")


def test_the_first_event_reaches_the_client_while_the_target_still_sends() -> None:
    go = threading.Event()

    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(OK, b"Content-Type: text/event-stream", b"Transfer-Encoding: chunked"), chunk(b"data: 1\n\n"))
        assert go.wait(5)
        peer.send(chunk(b"data: 2\n\n"), b"0\r\n\r\n")
        peer.rest()

    with journey(script) as (client, proxy, _):
        client.send(GET)
        client.until(chunk(b"data: 1\n\n"))
        assert len(proxy.exchanges) == 0
        assert proxy.exchanges.open == ["GET /"]
        go.set()
        client.until(b"0\r\n\r\n")
        assert proxy.exchanges.only().response.body == b"data: 1\n\ndata: 2\n\n"


def test_the_head_reaches_the_client_before_any_of_the_body() -> None:
    go = threading.Event()

    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(OK, b"Content-Length: 2"))
        assert go.wait(5)
        peer.send(b"ab")
        peer.rest()

    with journey(script) as (client, _, _):
        client.send(GET)
        assert client.until(b"\r\n\r\n") == message(OK, b"Content-Length: 2")
        go.set()
        assert client.exactly(2) == b"ab"


def test_an_upload_reaches_the_target_while_the_client_still_sends() -> None:
    here = threading.Event()

    def script(peer: Wire) -> None:
        peer.head()
        peer.until(b"first\r\n")
        here.set()
        peer.until(b"0\r\n\r\n")
        peer.send(message(OK, b"Content-Length: 0"))
        peer.rest()

    with journey(script) as (client, proxy, _):
        client.send(UPLOAD, chunk(b"first"))
        assert here.wait(5)
        assert len(proxy.exchanges) == 0
        client.send(chunk(b"second"), b"0\r\n\r\n")
        assert client.response().status == 200
        exchange = proxy.exchanges.only()
        assert exchange.request.body == exchange.upstream.request.body == b"firstsecond"


def test_both_directions_stream_at_once() -> None:
    def script(peer: Wire) -> None:
        peer.head()
        peer.send(message(OK, b"Transfer-Encoding: chunked"))
        while (line := peer.until(b"\r\n")) != b"0\r\n":
            peer.send(line, peer.exactly(int(line, 16) + 2))
        peer.until(b"\r\n")
        peer.send(b"0\r\n\r\n")
        peer.rest()

    with journey(script) as (client, proxy, _):
        client.send(UPLOAD)
        client.until(b"\r\n\r\n")
        for word in (b"ping", b"pong", b"ping again"):
            client.send(chunk(word))
            assert client.until(word + b"\r\n") == chunk(word)
        client.send(b"0\r\n\r\n")
        client.until(b"0\r\n\r\n")
        exchange = proxy.exchanges.only()
        assert exchange.request.body == exchange.response.body == b"pingpongping again"
        assert exchange.error is None


def test_8_mebibytes_come_back_equal() -> None:
    def script(peer: Wire) -> None:
        body = peer.message().body
        peer.send(message(OK, b"Content-Length: %d" % len(body)), body)
        peer.rest()

    with journey(script) as (client, proxy, _):
        head = message(b"PUT / HTTP/1.1", b"Host: t", b"Content-Length: %d" % (8 * MEBI))
        client.send(head)
        send_blocks(client, 128)
        client.until(b"\r\n\r\n")
        assert client.digest(8 * MEBI) == digest_of(128)
        exchange = proxy.exchanges.only()
        for recorded in (exchange.request, exchange.upstream.request, exchange.upstream.response, exchange.response):
            assert (recorded.size, recorded.sha256) == (8 * MEBI, digest_of(128))
            assert recorded.truncated
            assert recorded.body == (BLOCK * 16)[:MEBI]


@MEASURES_MEMORY
def test_64_mebibytes_stream_up_in_bounded_memory() -> None:
    digests = []

    def script(peer: Wire) -> None:
        peer.head()
        digests.append(peer.digest(64 * MEBI))
        peer.send(message(OK, b"Content-Length: 0"))
        peer.rest()

    with journey(script) as (client, proxy, _):
        client.send(message(b"PUT / HTTP/1.1", b"Host: t", b"Content-Length: %d" % (64 * MEBI)))
        reset_peak_rss()
        before = peak_rss()
        send_blocks(client, 1024)
        assert client.response().status == 200
        assert peak_rss() - before < 16 * MEBI
        assert digests == [digest_of(1024)]
        assert proxy.exchanges.only().request.sha256 == digests[0]


@MEASURES_MEMORY
def test_64_mebibytes_stream_down_in_bounded_memory() -> None:
    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(OK, b"Transfer-Encoding: chunked"))
        for _ in range(1024):
            peer.send(b"10000\r\n", BLOCK, b"\r\n")
        peer.send(b"0\r\n\r\n")
        peer.rest()

    with journey(script) as (client, proxy, _):
        reset_peak_rss()
        before = peak_rss()
        client.send(message(b"GET / HTTP/1.0", b"Host: t"))
        client.until(b"\r\n\r\n")
        assert client.digest(64 * MEBI) == digest_of(1024)
        assert client.rest() == b""
        assert peak_rss() - before < 16 * MEBI
        assert proxy.exchanges.only().response.sha256 == digest_of(1024)


def accepted_before_it_stalls(wire: Wire, limit: int) -> int:
    """How many octets a peer takes that does not read: until nothing has gone out for a while, or the limit."""
    sent = 0
    wire.sock.settimeout(0.4)
    with contextlib.suppress(TimeoutError):
        while sent < limit:
            sent += wire.sock.send(BLOCK)
    wire.sock.settimeout(5)
    return sent


def test_a_target_that_does_not_read_stops_the_client() -> None:
    done = threading.Event()

    def script(peer: Wire) -> None:
        peer.head()
        assert done.wait(10)

    with (
        RawOrigin(script, receive_buffer=65536) as origin,
        ProxyServer(origin.url) as proxy,
        RawClient(proxy.url) as client,
    ):
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        client.send(message(b"PUT / HTTP/1.1", b"Host: t", b"Content-Length: %d" % (64 * MEBI)))
        # The buffers of the system may take some megabytes on each of the two connections.
        assert accepted_before_it_stalls(client, 64 * MEBI) < 32 * MEBI
        client.reset()
        done.set()
        (exchange,) = proxy.exchanges.wait_for()
        assert exchange.request.size < 32 * MEBI
        assert isinstance(exchange.error, ClientLeft | UpstreamError)


def test_a_client_that_does_not_read_stops_the_target() -> None:
    accepted = []
    stalled = threading.Event()

    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(OK, b"Content-Length: %d" % (64 * MEBI)))
        accepted.append(accepted_before_it_stalls(peer, 64 * MEBI))
        stalled.set()
        peer.rest()

    with (
        RawOrigin(script) as origin,
        ProxyServer(origin.url) as proxy,
        RawClient(proxy.url, receive_buffer=65536) as client,
    ):
        client.send(GET)
        assert stalled.wait(10)
        assert accepted[0] < 32 * MEBI
        client.close()
        (exchange,) = proxy.exchanges.wait_for()
        assert isinstance(exchange.error, ClientLeft)
        assert exchange.response.size < 32 * MEBI


def test_a_slow_reader_gets_everything() -> None:
    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(OK, b"Content-Length: %d" % (16 * MEBI)))
        send_blocks(peer, 256)
        peer.rest()

    with (
        RawOrigin(script) as origin,
        ProxyServer(origin.url) as proxy,
        RawClient(proxy.url, receive_buffer=4096) as client,
    ):
        client.send(GET)
        client.until(b"\r\n\r\n")
        assert client.digest(16 * MEBI) == digest_of(256)
        assert proxy.exchanges.only().response.size == 16 * MEBI


def test_requests_that_pile_up_behind_a_slow_one_stop_the_client() -> None:
    done = threading.Event()

    def script(peer: Wire) -> None:
        peer.message()
        assert done.wait(10)

    with (
        RawOrigin(script) as origin,
        ProxyServer(origin.url) as proxy,
        RawClient(proxy.url) as client,
    ):
        # The body alone pauses reading; when it is taken, reading must not go on into what piles up behind it.
        client.send(message(b"PUT / HTTP/1.1", b"Host: t", b"Content-Length: 100000"), BLOCK * 4)
        assert accepted_before_it_stalls(client, 64 * MEBI) < 16 * MEBI
        client.close()
        done.set()
        proxy.exchanges.wait_for()
        origin.ending()


def test_a_body_of_tiny_chunks_is_read_whole() -> None:
    with journey(answering(message(OK, b"Content-Length: 0"))) as (client, proxy, _):
        client.send(UPLOAD, b"1\r\nx\r\n" * 20_000, b"0\r\n\r\n")
        assert client.response().status == 200
        assert proxy.exchanges.only().request.size == 20_000


def test_a_refused_upload_is_read_to_its_end_so_that_the_answer_is_not_lost() -> None:
    with ProxyServer() as proxy, RawClient(proxy.url) as client:
        proxy.on("POST", "/").reply(403, text="no")

        def upload() -> None:
            with contextlib.suppress(StreamEnded):
                client.send(UPLOAD, *[chunk(BLOCK)] * 64, b"0\r\n\r\n")

        with in_background(upload):
            assert client.response().status == 403


@pytest.mark.parametrize("limit", [0, 5, 1000])
def test_the_record_keeps_the_beginning_and_measures_the_whole(limit: int) -> None:
    with (
        RawOrigin(answering(message(OK, b"Content-Length: 10", body=b"0123456789"))) as origin,
        ProxyServer(origin.url, record_limit=limit) as proxy,
        RawClient(proxy.url) as client,
    ):
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 10", body=b"abcdefghij"))
        assert client.response().body == b"0123456789"
        exchange = proxy.exchanges.only()
        assert (exchange.request.body, exchange.request.size) == (b"abcdefghij"[:limit], 10)
        assert (exchange.response.body, exchange.response.size) == (b"0123456789"[:limit], 10)
        assert exchange.response.sha256 == hashlib.sha256(b"0123456789").hexdigest()


def test_a_silent_target_does_not_hold_up_the_stop() -> None:
    with journey(silent) as (client, proxy, origin):
        client.send(GET)
        origin.connection()
        proxy.stop()
        assert client.rest() == b""
        assert origin.ending(within=2) in ("FIN", "RST")
        assert proxy.exchanges.open == []


def test_a_target_that_goes_on_behind_its_answer_is_not_listened_to() -> None:
    accepted = []
    flooded = threading.Event()

    def script(peer: Wire) -> None:
        peer.message()
        peer.send(message(OK, b"Content-Length: 2", body=b"ok"))
        try:
            accepted.append(accepted_before_it_stalls(peer, 64 * MEBI))
        except OSError:
            accepted.append(0)
        flooded.set()

    async def keeps_the_answer(ctx: ProxyContext):
        yield
        await ctx.response.read()
        await asyncio.to_thread(flooded.wait, 5)

    with journey(script, middlewares=[keeps_the_answer]) as (client, proxy, _):
        client.send(GET)
        assert client.response().body == b"ok"
        assert accepted[0] < 16 * MEBI
        assert proxy.exchanges.only().response.body == b"ok"
