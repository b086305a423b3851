"""Watching the middlewares of aiohttp applications, and of their sub-applications."""

import functools
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from aiohttp import web

from mockproxy.hosting.application_steps import ApplicationStep
from mockproxy.hosting.patches import Patches
from mockproxy.pipeline.entry import name_of
from mockproxy.pipeline.outgoing import RequestState, ResponseState

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextmanager
def watched_aiohttp(app: web.Application) -> Iterator[None]:
    """Inside the block there is a probe around each middleware; afterwards the application is as it was.

    The application has been frozen: there is no public door to what it runs then, and a sub-application is frozen from
    the moment when it is added.
    """
    with ExitStack() as holding:
        for each, level in _levels(app, ""):
            holding.enter_context(_patches.held(each, partial(_put_probes, each, level)))
        yield


def _put_probes(app: web.Application, level: str) -> Callable[[], None]:
    handlers, legacy = app._middlewares_handlers, app._has_legacy_middlewares
    # The innermost first, as aiohttp builds them; one of its own is the outermost.
    built, own = handlers or (), len(app.middlewares)
    probed = [
        (_watched(_called_anew(app, middleware, new), level, app, own - position), True)
        for position, (middleware, new) in enumerate(built[:own])
    ]
    app._middlewares_handlers = (*probed, *built[own:])
    # Only then a chain is built for each request, not taken from a cache that outlives the block.
    app._has_legacy_middlewares = True

    def take_off() -> None:
        app._middlewares_handlers = handlers
        app._has_legacy_middlewares = legacy

    return take_off


def _levels(app: web.Application, level: str) -> Iterator[tuple[web.Application, str]]:
    yield app, level
    for resource in app.router.resources():
        info = resource.get_info()
        if "app" in info:
            # The whole path, with the prefixes of the applications around it.
            yield from _levels(info["app"], resource.canonical)


def _called_anew(app: web.Application, middleware: Any, new_style: bool) -> Any:
    """A middleware of the old style, which makes a handler for each request, as one of the new."""
    if new_style:
        return middleware

    @functools.wraps(middleware)
    async def called(request: web.Request, handler: Handler) -> web.StreamResponse:
        made: Handler = await middleware(app, handler)
        return await made(request)

    return called


def _watched(middleware: Any, level: str, app: web.Application, next_place: int) -> Any:
    name = name_of(middleware)

    async def watched(request: web.Request, handler: Handler) -> web.StreamResponse:
        step = ApplicationStep(name, level, _request_state(request), _names_behind(request, app, next_place))

        @functools.wraps(handler)
        async def inner(passed: web.Request) -> web.StreamResponse:
            step.passed_on(_request_state(passed))
            try:
                response = await handler(passed)
            except web.HTTPException as error:
                step.raised_inside(error, _response_state(error))
                raise
            except BaseException as error:
                step.raised_inside(error)
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


def _names_behind(request: web.Request, app: web.Application, place: int) -> tuple[str, ...]:
    """The middlewares of the application from a place on, and those of the applications further on to the route."""
    apps = request.match_info.apps
    inside = apps[apps.index(app) + 1 :]
    middlewares = [*app.middlewares[place:], *(middleware for each in inside for middleware in each.middlewares)]
    return tuple(name_of(middleware) for middleware in middlewares)


def _request_state(request: web.Request) -> RequestState:
    params = tuple(request.match_info.items())
    return RequestState(request.method, request.raw_path, tuple(request.raw_headers), params, 0, None)


def _response_state(response: object) -> ResponseState | None:
    """None for what is no response, of which aiohttp says so itself."""
    if not isinstance(response, web.StreamResponse):
        return None
    fields = tuple(
        (name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in response.headers.items()
    )
    body = getattr(response, "body", None)
    if isinstance(body, bytes):
        return ResponseState(response.status, response.reason, fields, zlib.crc32(body), len(body))
    return ResponseState(response.status, response.reason, fields, 0, None)


_patches = Patches()
