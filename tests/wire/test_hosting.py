import asyncio
import hashlib
import json
import threading
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from mockproxy.errors import ClientLeft, HandlerFailed, MalformedMessage, ServerStopped
from mockproxy.servers.target import TargetServer
from tests.support.applications import COOKIES, PIECES, aiohttp_app, starlette_app, wsgi_app
from tests.support.asking import ask
from tests.support.raw import message
from tests.support.raw_client import RawClient

MENU = {"dish": "crème brûlée"}

every_kind = pytest.mark.parametrize("make", [aiohttp_app, starlette_app, wsgi_app])


# As from a real server, and all of it in the record.


@every_kind
def test_json_is_echoed_and_recorded(make):
    with TargetServer(make()) as target:
        body = json.dumps(MENU, ensure_ascii=False).encode()
        answer = ask(target, "/echo?x=%31", "POST", headers={"Content-Type": "application/json"}, body=body)
        exchange = target.exchanges.only()
    assert json.loads(answer.body) == MENU
    assert (exchange.request.method, exchange.request.raw_target, exchange.request.body) == (
        "POST",
        "/echo?x=%31",
        body,
    )
    assert (exchange.response.status, exchange.response.body) == (answer.status, answer.body) == (200, answer.body)


@every_kind
def test_a_stream_is_recorded_whole_and_stays_chunked(make):
    with TargetServer(make()) as target:
        answer = ask(target, "/stream")
        exchange = target.exchanges.only()
    assert answer.body == exchange.response.body == b"".join(PIECES)
    assert exchange.response.headers["Transfer-Encoding"] == "chunked"


@every_kind
def test_two_cookies_are_two_lines(make):
    with TargetServer(make()) as target:
        answer = ask(target, "/cookies")
        exchange = target.exchanges.only()
    assert answer.all("Set-Cookie") == exchange.response.headers.all("Set-Cookie") == list(COOKIES)


@every_kind
def test_the_answer_to_head_has_no_body(make):
    with TargetServer(make()) as target, RawClient(target.url) as client:
        head = message(b"HEAD /cookies HTTP/1.1", b"Host: h")
        client.send(head)
        client.response("HEAD")
        client.send(head)
        client.response("HEAD")
        assert [(e.response.status, e.response.size, e.place) for e in target.exchanges] == [(200, 0, 0), (200, 0, 1)]


@every_kind
def test_what_no_route_takes_is_the_applications_404_and_no_trouble(make):
    with TargetServer(make()) as target:
        assert ask(target, "/missing").status == 404
        assert target.exchanges.only().response.status == 404


@every_kind
def test_what_the_application_raises_is_joined_to_the_exchange(make):
    with TargetServer(make()) as target, target.expecting(HandlerFailed) as troubles:
        assert ask(target, "/boom").status == 500
        exchange = target.exchanges.only()
    assert exchange.troubles == tuple(troubles)
    assert exchange.error is troubles[0]
    cause = troubles[0].__cause__
    assert isinstance(cause, LookupError)
    assert "nothing there" in str(troubles[0])
    assert "applications.py" in "".join(traceback.format_exception(cause))


@pytest.mark.parametrize("make", [aiohttp_app, starlette_app])
def test_octets_that_are_no_request_are_recorded_with_the_servers_answer(make):
    with TargetServer(make()) as target, target.expecting(MalformedMessage), RawClient(target.url) as client:
        client.send(message(b"GET / HTTP/1.1", b"Host: h", b"A : 1"))
        assert client.response().status == 400
        exchange = target.exchanges.only()
        assert (exchange.received, exchange.response.status) == (None, 400)
        assert "white space before the colon" in str(exchange.error)


def test_a_file_that_the_kernel_would_send_is_recorded(tmp_path: Path):
    content = bytes(range(256)) * 12_000
    file = tmp_path / "file.bin"
    file.write_bytes(content)

    async def serve_file(request: web.Request) -> web.FileResponse:
        return web.FileResponse(file)

    app = web.Application()
    app.router.add_get("/", serve_file)
    with TargetServer(app) as target:
        assert ask(target).body == content
        response = target.exchanges.only().response
    assert (response.size, response.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_long_stream_to_a_slow_client_arrives_whole_and_is_measured():
    pieces = [bytes([number]) * 64 * 1024 for number in range(100)]

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in pieces:
            await response.write(piece)
        return response

    app = web.Application()
    app.router.add_get("/", stream)
    with TargetServer(app) as target, RawClient(target.url, receive_buffer=65536) as client:
        client.send(message(b"GET / HTTP/1.1", b"Host: h"))
        assert client.response().body == b"".join(pieces)
        assert target.exchanges.only().response.sha256 == hashlib.sha256(b"".join(pieces)).hexdigest()


# Its life.


def test_aiohttp_starts_before_the_first_request_and_cleans_up_after_the_last():
    events = []

    async def started(app: web.Application) -> None:
        events.append("started")

    async def cleaned_up(app: web.Application) -> None:
        events.append("cleaned up")

    async def answer(request: web.Request) -> web.Response:
        events.append("asked")
        return web.Response()

    app = web.Application()
    app.on_startup.append(started)
    app.on_cleanup.append(cleaned_up)
    app.router.add_get("/", answer)
    with TargetServer(app) as target:
        ask(target)
    assert events == ["started", "asked", "cleaned up"]


def test_the_lifespan_starts_before_the_first_request_and_ends_after_the_last():
    events = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        events.append("started")
        yield
        events.append("ended")

    with TargetServer(Starlette(lifespan=lifespan)) as target:
        ask(target)
        events.append("asked")
    assert events == ["started", "asked", "ended"]


def waiting_aiohttp_app(reached: threading.Event) -> web.Application:
    async def wait(request: web.Request) -> web.Response:
        reached.set()
        await asyncio.get_running_loop().create_future()
        raise AssertionError("nobody sets it")

    app = web.Application()
    app.router.add_get("/", wait)
    return app


def waiting_asgi_app(reached: threading.Event) -> object:
    async def app(scope, receive, send):
        if scope["type"] == "http":
            reached.set()
            await asyncio.get_running_loop().create_future()

    return app


@pytest.mark.parametrize("make", [waiting_aiohttp_app, waiting_asgi_app])
def test_an_application_that_never_answers_does_not_hold_up_the_end(make):
    reached = threading.Event()
    target = TargetServer(make(reached)).start()
    with RawClient(target.url) as client:
        client.send(message(b"GET / HTTP/1.1", b"Host: h"))
        assert reached.wait(5)
        stopping = threading.Thread(target=target.stop)
        stopping.start()
        stopping.join(2)
        assert not stopping.is_alive()
        assert client.rest() == b""
    exchange = target.exchanges.only()
    assert (exchange.request.path, exchange.given, type(exchange.error)) == ("/", None, ServerStopped)


def test_a_client_that_leaves_is_recorded():
    reached = threading.Event()
    with TargetServer(waiting_aiohttp_app(reached)) as target:
        with RawClient(target.url) as client:
            client.send(message(b"GET / HTTP/1.1", b"Host: h"))
            assert reached.wait(5)
            client.reset()
        (exchange,) = target.exchanges.wait_for()
    assert isinstance(exchange.error, ClientLeft)


# Another protocol on the same connection.


def websocket_aiohttp_app() -> web.Application:
    async def pong(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for frame in socket:
            await socket.send_str(f"pong:{frame.data}")
        return socket

    app = web.Application()
    app.router.add_get("/", pong)
    return app


def websocket_starlette_app() -> Starlette:
    async def pong(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(f"pong:{await socket.receive_text()}")
        await socket.close()

    return Starlette(routes=[WebSocketRoute("/", pong)])


@pytest.mark.asyncio
@pytest.mark.parametrize("make", [websocket_aiohttp_app, websocket_starlette_app])
async def test_a_websocket_speaks_and_is_recorded(make):
    with TargetServer(make()) as target:
        async with aiohttp.ClientSession() as session, session.ws_connect(target.url) as socket:
            await socket.send_str("ping")
            assert await socket.receive_str() == "pong:ping"
        # The application of Starlette closes first: what the client says to that comes behind its own back.
        (exchange,) = await target.exchanges.arrival()
    assert (exchange.request.headers["Upgrade"], exchange.response.status) == ("websocket", 101)
    said = [(message.sender, message.text) for message in exchange.websocket.messages]
    assert said == [("client", "ping"), ("server", "pong:ping")]
    assert (exchange.websocket.close_code, exchange.error) == (1000, None)
