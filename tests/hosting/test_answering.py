"""What goes on behind an answer belongs to the request that was answered, not to the next one on its connection."""

from http.client import HTTPConnection

import pytest
from aiohttp import web
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from mockproxy.errors import HandlerFailed
from mockproxy.hosting.answering import answering, begin_answering
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.raw_client import RawClient


def asgi_app(second_is_here, first_has_failed):
    async def late():
        await second_is_here.passed()
        first_has_failed.open()
        raise LookupError("behind the first answer")

    async def first(request):
        return PlainTextResponse("1", background=BackgroundTask(late))

    async def second(request):
        second_is_here.open()
        await first_has_failed.passed()
        return PlainTextResponse("2")

    return Starlette(routes=[Route("/1", first), Route("/2", second)])


@pytest.mark.parametrize("trace", [False, True])
def test_an_error_behind_an_answer_is_not_that_of_the_next_request(trace):
    gates = TargetServer()
    app = asgi_app(gates.gate(), gates.gate())
    with TargetServer(app, trace=trace) as target, target.expecting(HandlerFailed) as troubles:
        connection = HTTPConnection(target.host, target.port, timeout=5)
        connection.request("GET", "/1")
        assert connection.getresponse().read() == b"1"
        connection.request("GET", "/2")
        # uvicorn closes a connection where an error comes behind the answer.
        with pytest.raises(ConnectionError):
            connection.getresponse()
        connection.close()
        first, second = target.exchanges.wait_for(2)

    assert [str(trouble.__cause__) for trouble in troubles] == ["behind the first answer"]
    assert first.connection == second.connection
    assert (first.troubles, second.troubles) == ((), ())
    assert "the connection ended" in str(second.error)


def test_requests_on_one_connection_of_aiohttp_have_each_their_own_record():
    seen = []

    async def noting(request):
        seen.append(answering())
        return web.Response()

    app = web.Application()
    app.router.add_get("/", noting)
    with TargetServer(app) as target:
        connection = HTTPConnection(target.host, target.port, timeout=5)
        for _ in range(2):
            connection.request("GET", "/")
            connection.getresponse().read()
        connection.close()

    assert [recorder.index for recorder in seen] == [0, 1]
    assert all(recorder.closed for recorder in seen)


@web.middleware
async def pass_on(request, handler):
    return await handler(request)


def aiohttp_shop():
    return web.Application(middlewares=[pass_on])


def asgi_shop():
    return Starlette(middleware=[Middleware(BaseHTTPMiddleware, dispatch=pass_on)])


@pytest.mark.parametrize("make", [aiohttp_shop, asgi_shop])
def test_a_server_without_a_trace_records_no_step_while_another_watches_its_application(make):
    app = make()
    with TargetServer(app, trace=True) as watched, TargetServer(app) as plain:
        for target in (watched, plain):
            assert ask(target).status == 404

    assert watched.exchanges.only().trace.entered == ["pass_on"]
    assert plain.exchanges.only().trace.entered == []


def test_outside_of_any_connection_nothing_is_answered():
    begin_answering(traced=True)

    assert answering() is None


async def numbered(request):
    return web.Response(headers={"X-Number": request.path})


def aiohttp_numbers():
    @web.middleware
    async def repeat(request, handler):
        response = await handler(request)
        response.headers["X-Again"] = request.path
        return response

    app = web.Application(middlewares=[repeat])
    app.router.add_route("*", "/{number}", numbered)
    return app


def asgi_numbers():
    async def repeat(request, call_next):
        response = await call_next(request)
        response.headers["X-Again"] = request.url.path
        return response

    async def endpoint(request):
        return PlainTextResponse(await request.body())

    app = Starlette(routes=[Route("/{number}", endpoint, methods=["GET", "POST"])])
    app.add_middleware(BaseHTTPMiddleware, dispatch=repeat)
    return app


@pytest.mark.parametrize("make", [aiohttp_numbers, asgi_numbers])
def test_requests_that_are_sent_before_they_are_answered_have_each_their_own_steps(make):
    requests = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(4)]
    requests.insert(2, b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    with TargetServer(make(), trace=True) as target, RawClient(target.url) as client:
        client.send(b"".join(requests))
        for _ in requests:
            assert client.response().start == b"HTTP/1.1 200 OK"

    assert [exchange.request.path for exchange in target.exchanges] == ["/0", "/1", "/body", "/2", "/3"]
    for exchange in target.exchanges:
        [step] = exchange.trace
        assert step.changes.response.headers.added["X-Again"] == exchange.request.path


@pytest.mark.parametrize("make", [aiohttp_numbers, asgi_numbers])
def test_requests_that_share_a_connection_behind_a_proxy_have_each_their_own_trace(make):
    with TargetServer(make(), trace=True) as target, ProxyServer(target) as proxy:
        for number in range(3):
            ask(proxy, f"/{number}")

    assert [exchange.upstream.place for exchange in proxy.exchanges] == [0, 1, 2]
    for exchange in proxy.exchanges:
        [step] = exchange.trace_through(target.exchanges)
        assert step.changes.response.headers.added["X-Again"] == exchange.request.path
