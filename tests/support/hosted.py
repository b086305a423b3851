"""What the tests of hosted applications share: one traced request, and the smallest ASGI applications."""

from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection
from typing import Any

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from mockproxy.recording.exchange import Exchange
from mockproxy.routes.gate import Gate
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask


def traced(
    app: object,
    path: str = "/",
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Exchange:
    """One request to the application under trace."""
    with TargetServer(app, trace=True) as target:
        ask(target, path, method, headers=headers, body=body)
    return target.exchanges.only()


def traced_handshake(app: object, path: str = "/", **options: Any) -> Exchange:
    """One WebSocket to the application under trace, closed by the client where it is opened."""
    with TargetServer(app, trace=True) as target:
        with suppress(InvalidStatus), connect(target.url.replace("http", "ws") + path, **options):
            pass
        return target.exchanges.wait_for()[0]


def steps(exchange: Exchange) -> list[tuple[str, str]]:
    return [(step.name, step.level) for step in exchange.trace]


async def hello(scope, receive, send):
    """Answers every request with the path that it was asked for, and has no lifespan."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


async def accepting(scope, receive, send):
    """Opens every WebSocket that it is asked for, and leaves it to the client to close it."""
    assert scope["type"] == "websocket"
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    assert (await receive())["type"] == "websocket.disconnect"


def first_and_rest(target: TargetServer, gate: Gate) -> list[bytes]:
    """The body of a streamed response: the first piece of it, then what comes when the gate has been opened."""
    connection = HTTPConnection(target.host, target.port, timeout=5)
    try:
        connection.request("GET", "/")
        with connection.getresponse() as response:
            first = response.read1()
            gate.open()
            return [first, response.read()]
    finally:
        connection.close()
