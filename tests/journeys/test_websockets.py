"""A WebSocket through the proxy: the handshake is a request like any other, and what is said behind it passes as it is.

Clients and origins are octets, or libraries that are not ours.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import aiohttp
import pytest
from aiohttp import web
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from mockproxy import (
    ClientLeft,
    Exchange,
    MalformedMessage,
    MiddlewareFailed,
    ProxyServer,
    RecordError,
    ServerStopped,
    TargetServer,
    UpstreamError,
)
from mockproxy.middleware import Compress
from tests.support.frames import BINARY, CLOSE, PING, PONG, TEXT, close, frame, from_client
from tests.support.journey import Journey, journey
from tests.support.raw import Wire, message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import Script, answering

ASKING = (
    b"Connection: keep-alive, Upgrade",
    b"Upgrade: websocket",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Sec-WebSocket-Version: 13",
)
HANDSHAKE = message(b"GET /chat HTTP/1.1", b"Host: gateway", *ASKING)
GRANTED = message(
    b"HTTP/1.1 101 Switching Protocols",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
)
OK = message(b"HTTP/1.1 200 OK", b"Content-Length: 2", body=b"ok")


def granting(then: Script) -> Script:
    """Grants the upgrade and goes on with another script."""

    def script(peer: Wire) -> None:
        peer.message()
        peer.send(GRANTED)
        then(peer)

    return script


def opened(way: Journey) -> RawClient:
    way.client.send(HANDSHAKE)
    assert way.client.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    return way.client


def said(exchange: Exchange) -> list[tuple[str, str]]:
    return [(each.sender, each.text) for each in exchange.websocket.messages]


def echo(peer: Wire) -> None:
    """Sends back what comes, masks and all, until a Close frame has come."""
    ping = peer.exactly(len(from_client(TEXT, b"ping")))
    peer.send(frame(TEXT, b"pong"))
    assert ping == from_client(TEXT, b"ping")
    assert peer.exactly(len(from_client(CLOSE, close()))) == from_client(CLOSE, close())
    peer.send(frame(CLOSE, close()))


# The handshake.


def test_frames_cross_octet_for_octet_and_are_recorded_in_order():
    with journey(granting(echo)) as way:
        client = opened(way)
        client.send(from_client(TEXT, b"ping"))
        assert client.exactly(6) == frame(TEXT, b"pong")
        client.send(from_client(CLOSE, close()))
        assert client.rest() == frame(CLOSE, close())
        assert client.ended == "FIN"
    exchange = way.proxy.exchanges.only()
    assert [(each.sender, each.opcode.name, each.payload) for each in exchange.websocket.frames] == [
        ("client", "TEXT", b"ping"),
        ("server", "TEXT", b"pong"),
        ("client", "CLOSE", close()),
        ("server", "CLOSE", close()),
    ]
    assert said(exchange) == [("client", "ping"), ("server", "pong")]
    assert (exchange.websocket.closed_by, exchange.websocket.close_code) == ("client", 1000)
    assert (exchange.error, exchange.response.status, exchange.upstream.response.status) == (None, 101, 101)


def test_the_handshake_crosses_and_the_rest_of_connection_does_not():
    with journey(granting(lambda peer: None)) as way:
        opened(way)
    request = way.origin.request
    assert request.all(b"Connection") == [b"Upgrade"]
    for name in (b"Upgrade", b"Sec-WebSocket-Key", b"Sec-WebSocket-Version"):
        assert request.all(name) == [line.partition(b": ")[2] for line in ASKING if line.startswith(name)]
    exchange = way.proxy.exchanges.wait_for()[0]
    assert exchange.response.headers.raw == exchange.upstream.response.headers.raw


def test_what_the_target_says_together_with_its_answer_is_not_lost():
    with journey(lambda peer: (peer.message(), peer.send(GRANTED + frame(TEXT, b"hi"), frame(CLOSE)))) as way:
        client = opened(way)
        assert client.rest() == frame(TEXT, b"hi") + frame(CLOSE)
    assert said(way.proxy.exchanges.wait_for()[0]) == [("server", "hi")]


def test_what_the_client_says_before_the_answer_is_not_lost():
    with journey(granting(lambda peer: peer.send(frame(TEXT, peer.exactly(10))))) as way:
        way.client.send(HANDSHAKE + from_client(TEXT, b"ping"))
        way.client.until(b"\r\n\r\n")
        assert way.client.exactly(12) == frame(TEXT, from_client(TEXT, b"ping"))


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (message(b"GET / HTTP/1.0", b"Host: h", *ASKING), "HTTP/1.0 knows no upgrade"),
        (message(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 1", *ASKING, body=b"x"), "another method"),
        (message(b"GET / HTTP/1.1", b"Host: h", b"Content-Length: 1", *ASKING, body=b"x"), "it has content"),
        (message(b"GET / HTTP/1.1", b"Host: h", ASKING[1]), "Connection does not say so"),
        (message(b"GET / HTTP/1.1", b"Host: h", b"Connection: Upgrade", b"Upgrade: h2c"), "another protocol"),
    ],
)
def test_what_cannot_become_a_websocket_is_not_asked_for_one(asked, why):
    with journey(answering(OK)) as way:
        way.client.send(asked)
        assert way.client.response().status == 200
    request = way.origin.request
    assert (request.all(b"Connection"), request.all(b"Upgrade")) == ([], []), why


def test_a_target_that_does_not_open_one_answers_like_any_other():
    with journey(answering(OK)) as way:
        way.client.send(HANDSHAKE)
        assert way.client.response().body == b"ok"
        way.client.send(HANDSHAKE)
        assert way.client.response().body == b"ok"
    exchange = way.proxy.exchanges[0]
    assert exchange.upgraded is None
    with pytest.raises(RecordError, match="no WebSocket was opened: the answer was 200, not 101 Switching Protocols"):
        _ = exchange.websocket


def test_that_one_is_required_may_be_said():
    required = message(
        b"HTTP/1.1 426 Upgrade Required", b"Upgrade: websocket", b"Connection: Upgrade", b"Content-Length: 0"
    )
    with journey(answering(required)) as way:
        way.client.send(message(b"GET / HTTP/1.1", b"Host: h"))
        answer = way.client.response()
    assert (answer.status, answer.all(b"Upgrade")) == (426, [b"websocket"])


def test_another_protocol_than_was_asked_for_is_no_answer():
    other = message(b"HTTP/1.1 101 Switching Protocols", b"Upgrade: h2c", b"Connection: Upgrade")
    with journey(answering(other)) as way:
        way.client.send(HANDSHAKE)
        assert way.client.response().status == 502
    assert "101 Switching Protocols to 'h2c', though a WebSocket was asked for" in str(way.proxy.exchanges.only().error)


# The chain.


class Rewriting:
    async def intercept(self, scope, receive, send):
        scope["path"] = "/chat/room"
        scope["headers"].append((b"x-api-key", b"k"))


async def seen(ctx):
    yield
    ctx.response.headers["X-Seen"] = str(ctx.response.status)


def test_the_chain_runs_once_around_the_handshake():
    with journey(granting(echo), middlewares=[seen, Rewriting()]) as way:
        way.client.send(HANDSHAKE)
        assert b"X-Seen: 101\r\n" in way.client.until(b"\r\n\r\n")
        way.client.send(from_client(TEXT, b"ping"), from_client(CLOSE, close()))
        assert way.client.rest() == frame(TEXT, b"pong") + frame(CLOSE, close())
    assert (way.origin.request.target, way.origin.request.all(b"X-API-Key")) == (b"/chat/room", [b"k"])
    exchange = way.proxy.exchanges.only()
    assert (exchange.trace.entered, exchange.trace.left) == (["seen", "Rewriting"], ["Rewriting", "seen"])


async def refusing(ctx):
    raise web.HTTPForbidden
    yield


def test_a_middleware_that_refuses_opens_none():
    with journey(answering(OK), middlewares=[refusing]) as way:
        way.client.send(HANDSHAKE)
        assert way.client.response().status == 403
    assert way.origin.requests == []


async def declining(ctx):
    del ctx.request.headers["Upgrade"]
    yield


def test_a_middleware_may_take_the_upgrade_away():
    with journey(answering(OK), middlewares=[declining]) as way:
        way.client.send(HANDSHAKE)
        assert way.client.response().status == 200
    assert way.origin.request.all(b"Connection") == []


async def hiding(ctx):
    yield
    ctx.response.status = 503


def test_a_middleware_may_answer_otherwise_and_the_target_is_let_go():
    with journey(granting(lambda peer: peer.rest()), middlewares=[hiding]) as way:
        way.client.send(HANDSHAKE)
        assert way.client.response().status == 503
        assert way.origin.ending() is not None
    assert way.proxy.exchanges.only().upgraded is None


async def twice(ctx, call_next):
    await call_next()
    return await call_next()


def test_of_two_that_were_opened_the_last_is_spoken():
    with journey(granting(echo), middlewares=[twice]) as way:
        client = opened(way)
        client.send(from_client(TEXT, b"ping"), from_client(CLOSE, close()))
        assert client.rest() == frame(TEXT, b"pong") + frame(CLOSE, close())
    exchange = way.proxy.exchanges.only()
    assert ([leg.response.status for leg in exchange.legs], exchange.error) == ([101, 101], None)


async def writing(ctx):
    yield
    ctx.response.set_content("hello")


def test_content_for_an_answer_that_has_none_is_trouble():
    with journey(granting(echo), middlewares=[writing]) as way, way.proxy.expecting(MiddlewareFailed) as troubles:
        way.client.send(HANDSHAKE)
        assert b"Content-Length" not in way.client.until(b"\r\n\r\n")
        way.client.send(from_client(TEXT, b"ping"), from_client(CLOSE, close()))
        assert way.client.rest() == frame(TEXT, b"pong") + frame(CLOSE, close())
    assert str(troubles[0]) == "a middleware gave content to 101 Switching Protocols, which has none"


def test_compression_of_contents_leaves_it_alone():
    with journey(granting(echo), middlewares=[Compress()]) as way:
        client = opened(way)
        client.send(from_client(TEXT, b"ping"))
        assert client.exactly(6) == frame(TEXT, b"pong")


# How it ends.


def test_the_exchange_is_filed_before_the_client_reads_the_last_frame():
    with journey(granting(echo)) as way:
        client = opened(way)
        client.send(from_client(TEXT, b"ping"))
        assert len(way.proxy.exchanges) == 0
        assert way.proxy.exchanges.open == ["GET /chat"]
        client.send(from_client(CLOSE, close()))
        client.exactly(6 + 4)
        assert len(way.proxy.exchanges) == 1


def test_a_target_may_close_first():
    def closing(peer: Wire) -> None:
        peer.send(frame(CLOSE, close(1001, b"restart")))
        assert peer.exactly(8) == from_client(CLOSE, close(1001))

    with journey(granting(closing)) as way:
        client = opened(way)
        assert client.exactly(11) == frame(CLOSE, close(1001, b"restart"))
        client.send(from_client(CLOSE, close(1001)))
        assert client.rest() == b""
        (exchange,) = way.proxy.exchanges.wait_for()
    websocket = exchange.websocket
    assert (websocket.closed_by, websocket.close_code, websocket.close_reason) == ("server", 1001, "restart")
    assert exchange.error is None


def test_a_client_that_is_reset_is_recorded_and_the_target_let_go():
    with journey(granting(lambda peer: peer.rest())) as way:
        client = opened(way)
        client.send(from_client(TEXT, b"ping"))
        way.origin.connection()
        client.reset()
        (exchange,) = way.proxy.exchanges.wait_for()
        assert way.origin.ending() is not None
    assert isinstance(exchange.error, ClientLeft)
    assert (exchange.websocket.closed_by, exchange.websocket.close_code) == (None, 1006)


def test_a_client_that_leaves_without_a_word_is_recorded():
    with journey(granting(lambda peer: peer.rest())) as way:
        opened(way).close()
        (exchange,) = way.proxy.exchanges.wait_for()
        assert way.origin.ending() is not None
    assert str(exchange.error) == "the client ended the WebSocket without a Close frame"


def test_a_client_that_has_finished_sending_still_hears_the_target():
    # Go's TestReverseProxyWebSocketHalfTCP.
    def answering_late(peer: Wire) -> None:
        peer.rest()
        peer.send(frame(TEXT, b"late"), frame(CLOSE))

    with journey(granting(answering_late)) as way:
        client = opened(way)
        client.send(from_client(CLOSE))
        client.half_close()
        assert client.rest() == frame(TEXT, b"late") + frame(CLOSE)
    assert way.proxy.exchanges.only().error is None


def test_a_target_that_ends_without_a_word_is_recorded():
    with journey(granting(lambda peer: peer.send(frame(TEXT, b"hi")))) as way:
        assert opened(way).rest() == frame(TEXT, b"hi")
        exchange = way.proxy.exchanges.only()
    assert isinstance(exchange.error, UpstreamError)
    assert str(exchange.error) == "the target ended the WebSocket without a Close frame"
    assert said(exchange) == [("server", "hi")]


def test_a_target_that_resets_the_connection_is_recorded():
    with journey(granting(lambda peer: (peer.exactly(10), peer.reset()))) as way:
        client = opened(way)
        client.send(from_client(TEXT, b"ping"))
        assert client.rest() == b""
        assert isinstance(way.proxy.exchanges.only().error, UpstreamError)


def test_a_proxy_that_is_stopped_ends_both_sides():
    with journey(granting(lambda peer: peer.rest())) as way:
        client = opened(way)
        way.proxy.stop()
        assert client.rest() == b""
        assert way.origin.ending() is not None
        assert isinstance(way.proxy.exchanges.only().error, ServerStopped)


# What is said.


def test_control_frames_are_recorded_too():
    def playing(peer: Wire) -> None:
        peer.send(frame(PING, b"1"))
        assert peer.exactly(7) == from_client(PONG, b"1")
        peer.send(frame(CLOSE))

    with journey(granting(playing)) as way:
        client = opened(way)
        client.exactly(3)
        client.send(from_client(PONG, b"1"), from_client(CLOSE))
        client.rest()
        (exchange,) = way.proxy.exchanges.wait_for()
    names = [(each.sender, each.opcode.name) for each in exchange.websocket.frames]
    assert names[:2] == [("server", "PING"), ("client", "PONG")]
    assert exchange.websocket.messages == ()


def test_what_is_no_frame_passes_and_is_trouble():
    with journey(granting(lambda peer: peer.send(peer.exactly(6), frame(CLOSE)))) as way:
        client = opened(way)
        with way.proxy.expecting(MalformedMessage) as troubles:
            client.send(frame(TEXT, b"bare"))
            assert client.rest() == frame(TEXT, b"bare") + frame(CLOSE)
            way.proxy.exchanges.wait_for()
    assert str(troubles[0]) == "a frame of the client without a mask (RFC 6455 section 5.1)"


def test_a_large_message_waits_for_a_target_that_does_not_read():
    size = 16 * 1024 * 1024
    begin, sent = threading.Event(), threading.Event()

    def reading_late(peer: Wire) -> None:
        begin.wait(5)
        peer.exactly(size)
        peer.send(frame(CLOSE))

    with journey(granting(reading_late)) as way, ThreadPoolExecutor(1) as executor:
        client = opened(way)
        octets = from_client(BINARY, b"")[:1] + bytes([0xFF]) + (size - 14).to_bytes(8) + bytes(4) + bytes(size - 14)
        sending = executor.submit(lambda: (client.send(octets), sent.set()))
        assert not sent.wait(0.3)
        begin.set()
        sending.result(5)
        client.send(from_client(CLOSE))
        client.rest()
        (exchange,) = way.proxy.exchanges.wait_for()
    (large,) = exchange.websocket.messages
    assert (large.size, large.truncated, len(large.data)) == (size - 14, True, 1024 * 1024)


# Among other libraries.


async def pong(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for each in socket:
        await socket.send_str(f"pong:{each.data}")
    return socket


def aiohttp_app() -> web.Application:
    app = web.Application()
    app.router.add_get("/{tail:.*}", pong)
    return app


@pytest.mark.asyncio
@pytest.mark.parametrize("compress", [0, 15])
async def test_ws_connect_of_aiohttp_to_an_application_of_aiohttp(compress):
    with TargetServer(aiohttp_app()) as target, ProxyServer(target) as proxy:
        async with aiohttp.ClientSession() as session, session.ws_connect(proxy.url, compress=compress) as socket:
            for text in ("ping", "ping", "é" * 1000):
                await socket.send_str(text)
                assert await socket.receive_str() == f"pong:{text}"
        at_proxy, at_target = proxy.exchanges.only(), target.exchanges.only()
    assert said(at_proxy) == said(at_target) != []
    assert [each.payload for each in at_proxy.websocket.frames] == [each.payload for each in at_target.websocket.frames]
    assert any(each.compressed for each in at_proxy.websocket.frames) is bool(compress)
    assert said(at_proxy)[-1] == ("server", "pong:" + "é" * 1000)
    assert at_proxy.upstream.connection == at_target.connection


@contextmanager
def their_server(handler: Callable[[ServerConnection], None]) -> Iterator[str]:
    with serve(handler, "127.0.0.1", 0) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            serving.join(5)


def test_client_and_server_of_websockets_deflate():
    def handler(socket: ServerConnection) -> None:
        for each in socket:
            socket.send(f"pong:{each!s}")

    with their_server(handler) as url, ProxyServer(url) as proxy:
        with connect(proxy.url.replace("http", "ws")) as socket:
            for _ in range(3):
                socket.send(["pi", "ng"])
                assert socket.recv() == "pong:ping"
        (exchange,) = proxy.exchanges.wait_for()
    assert said(exchange) == [("client", "ping"), ("server", "pong:ping")] * 3
    assert any(each.compressed for each in exchange.websocket.frames)


@pytest.mark.asyncio
async def test_a_hundred_at_once_are_not_mixed():
    async def one(session: aiohttp.ClientSession, number: int) -> None:
        async with session.ws_connect(f"{proxy.url}/{number}") as socket:
            for turn in range(3):
                await socket.send_str(f"{number}-{turn}")
                assert await socket.receive_str() == f"pong:{number}-{turn}"

    with TargetServer(aiohttp_app()) as target, ProxyServer(target) as proxy:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await asyncio.gather(*(one(session, number) for number in range(100)))
        exchanges = await proxy.exchanges.arrival(100)
    for exchange in exchanges:
        number = exchange.request.path[1:]
        assert said(exchange) == [
            pair for turn in range(3) for pair in (("client", f"{number}-{turn}"), ("server", f"pong:{number}-{turn}"))
        ]
