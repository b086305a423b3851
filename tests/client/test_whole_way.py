"""One trace from the client's middlewares through the proxy's to the application's."""

import pytest
from aiohttp import web

from mockproxy.client import BasicAuthMiddleware, LoggingMiddleware, RecordedSession
from mockproxy.errors import RecordError


@web.middleware
async def count(request, handler):
    response = await handler(request)
    response.headers["X-Count"] = "1"
    return response


async def hello(request):
    return web.Response(text="hello")


async def rewrite(ctx):
    ctx.request.path = "/hello"
    yield


@pytest.mark.asyncio
async def test_a_call_shows_the_steps_of_client_proxy_and_application_in_order(make_mock_target, make_mock_proxy):
    app = web.Application(middlewares=[count])
    app.router.add_get("/hello", hello)
    target = make_mock_target(app, trace=True)
    proxy = make_mock_proxy(target, middlewares=[rewrite])
    chain = (LoggingMiddleware(), BasicAuthMiddleware("user", "pass"))

    async with RecordedSession(proxy.url, middlewares=chain) as session, session.get("/anything") as answer:
        assert await answer.text() == "hello"

    trace = session.calls.only().trace_through(proxy.exchanges, target.exchanges)
    assert trace.entered == ["LoggingMiddleware", "BasicAuthMiddleware", "rewrite", "count"]
    assert trace.left == ["count", "rewrite", "BasicAuthMiddleware", "LoggingMiddleware"]
    assert trace["rewrite"].changes.path == ("/anything", "/hello")
    assert trace["count"].changes.response.headers.added["X-Count"] == "1"


@pytest.mark.asyncio
async def test_the_journal_of_the_target_behind_the_proxy_is_not_that_of_the_server_which_was_asked(
    make_mock_target, make_mock_proxy
):
    target = make_mock_target()
    target.on("GET", "/")
    proxy = make_mock_proxy(target)
    async with RecordedSession(proxy.url) as session, session.get("/") as answer:
        await answer.read()

    with pytest.raises(RecordError, match=f"spoke to {proxy.url.removeprefix('http://')}, .* journal of that server"):
        session.calls.only().exchanges_in(target.exchanges)
