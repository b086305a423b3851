"""A Ravyn application as target: as from a real server, and its interceptor sees every request."""

import json

import aiohttp
import pytest
from lilya.responses import Response, StreamingResponse
from ravyn import Gateway, Ravyn, RavynInterceptor, Request, WebSocket, WebSocketGateway, get, post, route, websocket

from mockproxy.servers.target import TargetServer
from tests.support.applications import COOKIES, PIECES
from tests.support.asking import ask

MENU = {"dish": "crème brûlée"}


class Noting(RavynInterceptor):
    """Notes in the application itself whom it saw."""

    seen: list[str]

    async def intercept(self, scope, receive, send):
        self.seen.append(scope["path"])


def shop(seen):
    @post("/echo", status_code=200)
    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type="application/json")

    @get("/stream")
    async def stream() -> StreamingResponse:
        async def pieces():
            for piece in PIECES:
                yield piece

        return StreamingResponse(pieces())

    @route("/cookies", methods=["GET", "HEAD"])
    async def cookies() -> Response:
        response = Response("")
        for cookie in COOKIES:
            response.headers.add("Set-Cookie", cookie)
        return response

    @websocket("/pong")
    async def pong(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(f"pong:{await socket.receive_text()}")
        await socket.close()

    handlers = [Gateway(handler=handler) for handler in (echo, stream, cookies)]
    noting = type("Noting", (Noting,), {"seen": seen})
    return Ravyn(routes=[*handlers, WebSocketGateway(handler=pong)], interceptors=[noting])


@pytest.mark.parametrize("trace", [False, True])
def test_the_requests_of_a_real_server_are_answered_and_the_interceptor_saw_every_path(trace):
    seen = []
    body = json.dumps(MENU, ensure_ascii=False).encode()
    with TargetServer(shop(seen), trace=trace) as target:
        echoed = ask(target, "/echo", "POST", headers={"Content-Type": "application/json"}, body=body)
        streamed = ask(target, "/stream")
        baked = ask(target, "/cookies")
        head = ask(target, "/cookies", "HEAD")
        lost = ask(target, "/nowhere")

    assert (echoed.status, json.loads(echoed.body)) == (200, MENU)
    assert streamed.body == b"".join(PIECES)
    assert streamed.all("Transfer-Encoding") == ["chunked"]
    assert baked.all("Set-Cookie") == list(COOKIES)
    assert (head.status, head.body) == (200, b"")
    assert lost.status == 404
    assert [exchange.response.status for exchange in target.exchanges] == [200, 200, 200, 200, 404]
    assert seen == ["/echo", "/stream", "/cookies", "/cookies", "/nowhere"]
    assert [exchange.trace.entered.count("Noting") for exchange in target.exchanges] == [int(trace)] * 5


@pytest.mark.asyncio
@pytest.mark.parametrize("trace", [False, True])
async def test_a_websocket_speaks(trace):
    pytest.importorskip("websockets", reason="uvicorn speaks WebSocket with this library only")
    with TargetServer(shop([]), trace=trace) as target:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{target.url}/pong") as socket:
            await socket.send_str("ping")
            assert await socket.receive_str() == "pong:ping"

    assert target.exchanges.only().response.status == 101
