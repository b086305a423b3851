import asyncio

import pytest
from aiohttp import web

from mockproxy.errors import ClientLeft, ConfigurationError, HandlerFailed
from mockproxy.hosting.aiohttp_host import AiohttpHost
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.raw_client import RawClient


def test_startup_comes_before_the_first_request_and_cleanup_after_the_last():
    events = []

    async def life(app):
        events.append("startup")
        yield
        events.append("cleanup")

    async def home(request):
        events.append("request")
        return web.Response()

    app = web.Application()
    app.cleanup_ctx.append(life)
    app.router.add_get("/", home)
    with TargetServer(app) as target:
        assert events == ["startup"]
        ask(target)

    assert events == ["startup", "request", "cleanup"]


def test_what_a_handler_raises_is_trouble_in_its_exchange():
    async def broken(request):
        raise LookupError("nothing there")

    app = web.Application()
    app.router.add_get("/", broken)
    with TargetServer(app) as target, target.expecting(HandlerFailed) as troubles:
        assert ask(target).status == 500

    assert isinstance(troubles[0].__cause__, LookupError)
    assert target.exchanges.only().troubles == tuple(troubles)


def test_an_http_error_is_an_answer_like_any_other():
    async def missing(request):
        raise web.HTTPNotFound(text="nothing there")

    app = web.Application()
    app.router.add_get("/", missing)
    with TargetServer(app) as target:
        assert (ask(target).status, ask(target).text) == (404, "nothing there")


def test_what_fails_at_startup_is_raised_where_the_server_starts():
    async def broken(app):
        raise LookupError("no database")

    app = web.Application()
    app.on_startup.append(broken)
    with pytest.raises(LookupError, match="no database"):
        TargetServer(app).start()


def test_an_application_that_has_run_on_another_loop_is_refused_with_what_to_do():
    app = web.Application()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(web.AppRunner(app).setup())
    loop.close()

    with pytest.raises(ConfigurationError, match=r"has run on another event loop, .* make it anew for each server"):
        TargetServer(app).start()


@pytest.mark.asyncio
async def test_stopping_what_was_never_started_does_nothing():
    await AiohttpHost(web.Application(), print, traced=True).stop()


HALF = [b"Content-Length: 9\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\n9\r\nhalf", b"\r\n"]


@pytest.mark.parametrize("rest", HALF)
@pytest.mark.parametrize("trace", [False, True])
def test_a_client_that_leaves_is_no_failure_of_the_application(rest, trace):
    ended = TargetServer().gate()

    async def echo(request):
        try:
            await request.read()
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(b"more")
                await asyncio.sleep(0)
        finally:
            ended.open()

    app = web.Application()
    app.router.add_post("/", echo)
    with TargetServer(app, trace=trace) as target:
        with RawClient(target.url) as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\n" + rest)
        [exchange] = target.exchanges.wait_for()

    assert isinstance(exchange.error, ClientLeft)
    assert ended.is_open
    assert target.troubles == ()


def test_an_error_of_a_connection_that_the_application_made_itself_is_its_failure():
    async def asking(request):
        raise ConnectionRefusedError("no database")

    app = web.Application()
    app.router.add_get("/", asking)
    with TargetServer(app) as target, target.expecting(HandlerFailed):
        assert ask(target).status == 500
