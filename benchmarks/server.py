"""What is measured, each run as ``python server.py KIND [ARGUMENT ...]`` by ``process.py``.

Writes its port, then for every line that it reads the CPU seconds and the peak memory that it has used.
"""

import asyncio
import json
import resource
import sys
import threading
import time
from collections.abc import Awaitable, Callable

from aiohttp import ClientSession, web
from load import JSON_BODY
from pytest_httpserver import HTTPServer

from mockproxy import ProxyServer, TargetServer

Handler = Callable[..., Awaitable[object]]


class FixedAnswer(asyncio.Protocol):
    """The target behind every proxy: one answer, whatever comes; the cheapest that Python can give."""

    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(JSON_BODY)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write((self.head + JSON_BODY) * data.count(b"\r\n\r\n"))


class LargeAnswer(asyncio.Protocol):
    """A target with one large body, sent as fast as it is taken."""

    size = 0
    piece = bytes(64 * 1024)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._left = self.size
        self._paused = False

    def data_received(self, data: bytes) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.size)
        self._send()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._send()

    def _send(self) -> None:
        while self._left and not self._paused:
            self._left -= len(self.piece)
            self._transport.write(self.piece)


async def fixed() -> int:
    return await _listen(FixedAnswer)


async def large(size: str) -> int:
    LargeAnswer.size = int(size)
    return await _listen(LargeAnswer)


async def _listen(protocol: Callable[[], asyncio.Protocol]) -> int:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return port


async def mockproxy_proxy(target: str, middlewares: str = "0") -> int:
    async def middleware(ctx):
        ctx.state["benchmark"] = "1"
        yield

    proxy = ProxyServer(f"http://127.0.0.1:{target}", middlewares=[middleware] * int(middlewares))
    await proxy.__aenter__()
    return proxy.port


async def aiohttp_proxy(target: str, middlewares: str = "0") -> int:
    """The proxy that one writes by hand: it holds every body, and records nothing."""
    session = ClientSession(auto_decompress=False)

    async def forward(request: web.Request) -> web.Response:
        url = f"http://127.0.0.1:{target}{request.path_qs}"
        headers = {name: value for name, value in request.headers.items() if name not in ("Host", "Connection")}
        async with session.request(request.method, url, headers=headers, data=await request.read()) as answer:
            fields = {name: value for name, value in answer.headers.items() if name not in _OF_THE_HOP}
            return web.Response(status=answer.status, headers=fields, body=await answer.read())

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> object:
        request["benchmark"] = "1"
        return await handler(request)

    app = web.Application(middlewares=[middleware] * int(middlewares))
    app.router.add_route("*", "/{path:.*}", forward)
    return await _serve_aiohttp(app)


_OF_THE_HOP = ("Connection", "Transfer-Encoding", "Content-Length")


async def mockproxy_target() -> int:
    target = TargetServer()
    await target.__aenter__()
    target.on("GET", "/users").reply(json=json.loads(JSON_BODY))
    return target.port


async def aiohttp_target() -> int:
    answer = json.loads(JSON_BODY)

    async def users(_: web.Request) -> web.Response:
        return web.json_response(answer)

    app = web.Application()
    app.router.add_get("/users", users)
    return await _serve_aiohttp(app)


async def pytest_httpserver_target() -> int:
    server = HTTPServer()
    server.expect_request("/users", method="GET").respond_with_json(json.loads(JSON_BODY))
    server.start()
    return server.port


async def _serve_aiohttp(app: web.Application) -> int:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port: int = runner.addresses[0][1]
    return port


_KINDS = {
    made.__name__: made
    for made in (
        fixed, large, mockproxy_proxy, aiohttp_proxy, mockproxy_target, aiohttp_target, pytest_httpserver_target
    )
}  # fmt: skip


def _tell_usage() -> None:
    for _ in sys.stdin:
        kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(time.process_time(), kib * 1024, flush=True)


async def main(kind: str, *arguments: str) -> None:
    print(await _KINDS[kind](*arguments), flush=True)
    threading.Thread(target=_tell_usage, daemon=True).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
