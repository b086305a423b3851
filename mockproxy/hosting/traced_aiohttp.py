"""Watching the middlewares of aiohttp applications, and of their sub-applications."""

import functools
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from mockproxy.hosting.application_steps import ApplicationStep
from mockproxy.pipeline.entry import name_of
from mockproxy.pipeline.outgoing import RequestState, ResponseState

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def watch_aiohttp(app: web.Application, level: str = "") -> None:
    """Puts a probe around each middleware, before the application starts; it runs once, so nothing is put back."""
    if app.middlewares.frozen:
        # A sub-application is frozen when it is added, and there is no public door to what it runs.
        declared = list(app.middlewares)
        handlers = app._middlewares_handlers or ()
        app._middlewares_handlers = tuple(
            (_watched(middleware, level) if middleware in declared else middleware, style)
            for middleware, style in handlers
        )
    else:
        app.middlewares[:] = [_watched(middleware, level) for middleware in app.middlewares]
    for resource in app.router.resources():
        info = resource.get_info()
        if "app" in info:
            watch_aiohttp(info["app"], level + info["prefix"])


def _watched(middleware: Any, level: str) -> Any:
    name = name_of(middleware)

    @web.middleware
    async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
        step = ApplicationStep(name, level, _request_state(request))

        @functools.wraps(handler)
        async def inner(passed: web.Request) -> web.StreamResponse:
            step.passed_on(_request_state(passed))
            try:
                response = await handler(passed)
            except web.HTTPException as error:
                step.returned(_response_state(error))
                raise
            except BaseException:
                step.returned(None)
                raise
            step.returned(_response_state(response))
            return response

        with step.logged():
            try:
                response: web.StreamResponse = await middleware(request, inner)
            except web.HTTPException as error:
                step.answered(_response_state(error))
                raise
            step.answered(_response_state(response))
            return response

    return watched


def _request_state(request: web.Request) -> RequestState:
    params = tuple(request.match_info.items())
    return RequestState(request.method, request.raw_path, tuple(request.raw_headers), params, 0, None)


def _response_state(response: web.StreamResponse) -> ResponseState:
    fields = tuple(
        (name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in response.headers.items()
    )
    body = getattr(response, "body", None)
    if isinstance(body, bytes):
        return ResponseState(response.status, response.reason, fields, zlib.crc32(body), len(body))
    return ResponseState(response.status, response.reason, fields, 0, None)
