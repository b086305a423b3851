"""The software under test: a reverse proxy that somebody wrote on aiohttp; nothing in this file knows of mockproxy.

It asks for a token, finds the tenant in it, puts the tenant before the path, gives the service a key of its own, and
compresses what is worth it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import aiohttp
import jwt
from aiohttp import web

SERVICE_KEY = "service-key-42"
WORTH_COMPRESSING = 200

CLIENT = web.AppKey("client", aiohttp.ClientSession)
CLAIMS: ContextVar[dict[str, Any]] = ContextVar("claims")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_proxy(*, users: str, orders: str, token_secret: str) -> web.Application:
    async def client(app: web.Application) -> AsyncIterator[None]:
        app[CLIENT] = aiohttp.ClientSession()
        yield
        await app[CLIENT].close()

    @web.middleware
    async def check_token(request: web.Request, handler: Handler) -> web.StreamResponse:
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            CLAIMS.set(jwt.decode(token, token_secret, algorithms=["HS256"]))
        except jwt.InvalidTokenError as error:
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"}) from error
        return await handler(request)

    @web.middleware
    async def compress(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if isinstance(response, web.Response) and len(response.body or b"") >= WORTH_COMPRESSING:
            response.enable_compression()
        return response

    def forward_to(service: str) -> Handler:
        async def forward(request: web.Request) -> web.Response:
            async with request.app[CLIENT].request(
                request.method,
                f"{service}/tenants/{CLAIMS.get()['tenant']}{request.path_qs}",
                headers={"X-API-Key": SERVICE_KEY, "Content-Type": request.content_type},
                data=await request.read(),
                allow_redirects=False,
            ) as answer:
                return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)

        return forward

    app = web.Application(middlewares=[check_token, compress])
    app.cleanup_ctx.append(client)
    app.router.add_route("*", "/users{path:.*}", forward_to(users))
    app.router.add_route("*", "/orders{path:.*}", forward_to(orders))
    return app
