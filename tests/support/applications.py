"""One small application, written three times: for aiohttp, for Starlette (ASGI), and for plain WSGI."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from aiohttp import web
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

PIECES = (b"one ", b"two ", b"three")
COOKIES = ("a=1; Path=/", "b=2; Path=/")


def aiohttp_app() -> web.Application:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response(await request.json(), dumps=lambda data: json.dumps(data, ensure_ascii=False))

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in PIECES:
            await response.write(piece)
        return response

    async def cookies(request: web.Request) -> web.Response:
        response = web.Response()
        for cookie in COOKIES:
            response.headers.add("Set-Cookie", cookie)
        return response

    async def boom(request: web.Request) -> web.Response:
        raise LookupError("nothing there")

    app = web.Application()
    app.add_routes(
        [
            web.post("/echo", echo),
            web.get("/stream", stream),
            web.get("/cookies", cookies),
            web.get("/boom", boom),
        ]
    )
    return app


def starlette_app() -> Starlette:
    async def echo(request: Request) -> Response:
        return JSONResponse(await request.json())

    async def pieces() -> AsyncIterator[bytes]:
        for piece in PIECES:
            yield piece

    async def stream(request: Request) -> Response:
        return StreamingResponse(pieces())

    async def cookies(request: Request) -> Response:
        response = Response()
        for cookie in COOKIES:
            response.headers.append("Set-Cookie", cookie)
        return response

    async def boom(request: Request) -> Response:
        raise LookupError("nothing there")

    return Starlette(
        routes=[
            Route("/echo", echo, methods=["POST"]),
            Route("/stream", stream),
            Route("/cookies", cookies),
            Route("/boom", boom),
        ]
    )


def wsgi_app() -> Callable[..., Iterable[bytes]]:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
            case "POST", "/echo":
                body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
                start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
                return [body]
            case "GET", "/stream":
                start_response("200 OK", [("Content-Type", "text/plain")])
                return iter(PIECES)
            case "GET" | "HEAD", "/cookies":
                start_response("200 OK", [("Content-Length", "0"), *(("Set-Cookie", cookie) for cookie in COOKIES)])
                return []
            case _, "/boom":
                raise LookupError("nothing there")
        start_response("404 Not Found", [("Content-Length", "0")])
        return []

    return app
