import asyncio

import aiohttp
import pytest
from aiohttp import web

from mockproxy import Forward, Include, ProxyServer, TargetServer


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=["chat"])
    await socket.prepare(request)
    async for each in socket:
        await socket.send_bytes(each.data)
    return socket


def app() -> web.Application:
    app = web.Application()
    app.router.add_get("/rooms/{name}", echo)
    return app


class Counting:
    """Keeps which handshakes it has seen."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def intercept(self, scope, receive, send):
        assert scope["type"] == "http"
        self.paths.append(scope["path"])


# CASES: "ws_connect through proxy and interceptors".
@pytest.mark.asyncio
async def test_interceptors_of_all_levels_run_once_for_the_handshake():
    outer, middle, inner = Counting(), Counting(), Counting()
    with (
        TargetServer(app()) as target,
        ProxyServer(
            routes=[
                Include(
                    "/api",
                    routes=[Forward("/{room}", to=target, path="/rooms/{room}", interceptors=[inner])],
                    interceptors=[middle],
                )
            ],
            interceptors=[outer],
        ) as proxy,
    ):
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{proxy.url}/api/lobby", protocols=["chat"]) as socket,
        ):
            assert socket.protocol == "chat"
            for data in (b"one", b"two", b"three"):
                await socket.send_bytes(data)
                assert await socket.receive_bytes() == data
        exchange = proxy.exchanges.only()
        reached = target.exchanges.only()
    assert outer.paths == middle.paths == inner.paths == ["/api/lobby"]
    assert [step.level for step in exchange.trace] == ["", "/api", "/api/{room}"]
    assert exchange.upstream.request.path == reached.request.path == "/rooms/lobby"
    assert [each.content for each in exchange.websocket.messages] == [
        b"one",
        b"one",
        b"two",
        b"two",
        b"three",
        b"three",
    ]
    senders = [each.sender for each in exchange.websocket.frames]
    assert senders == ["client", "server"] * 4


@pytest.mark.asyncio
async def test_servers_on_the_loop_of_the_test_speak_it_too():
    async with TargetServer(app()) as target, ProxyServer(target) as proxy, aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{proxy.url}/rooms/a") as socket:
            await socket.send_bytes(b"one")
            assert await socket.receive_bytes() == b"one"
            assert [len(server.exchanges) for server in (target, proxy)] == [0, 0]
        assert [len(server.exchanges) for server in (target, proxy)] == [1, 1]


@pytest.mark.asyncio
async def test_the_time_of_what_was_said_is_kept():
    with TargetServer(app()) as target, ProxyServer(target) as proxy:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{proxy.url}/rooms/a") as socket:
            for _ in range(2):
                await socket.send_bytes(b"tick")
                await socket.receive_bytes()
                await asyncio.sleep(0.05)
        exchange = proxy.exchanges.only()
    times = [each.time for each in exchange.websocket.messages]
    assert times == sorted(times)
    assert times[2] - times[1] >= 0.05
    assert exchange.started <= times[0]
    assert times[-1] <= exchange.started + exchange.elapsed
