import traceback

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from mockproxy.errors import HandlerFailed
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.hosted import first_and_rest, steps, traced


@web.middleware
async def outer(request, handler):
    return await handler(request)


@web.middleware
async def inner(request, handler):
    return await handler(request)


async def home(request):
    return web.Response(text=request.path)


def shop(*middlewares, handler=home):
    app = web.Application(middlewares=middlewares)
    app.router.add_route("*", "/{tail:.*}", handler)
    return app


def test_middlewares_are_recorded_in_the_order_in_which_they_ran():
    exchange = traced(shop(outer, inner))

    assert exchange.response.text == "/"
    assert exchange.trace.entered == ["outer", "inner"]
    assert exchange.trace.left == ["inner", "outer"]
    assert exchange.trace.answered_by is None
    assert [step.phase for step in exchange.trace] == [None, None]


def test_those_of_nested_applications_bear_the_whole_prefix_as_level():
    eu, berlin = web.Application(middlewares=[inner]), shop(outer, inner)
    eu.add_subapp("/berlin", berlin)
    app = web.Application(middlewares=[outer])
    app.add_subapp("/eu", eu)

    exchange = traced(app, "/eu/berlin/orders")

    assert steps(exchange) == [
        ("outer", ""),
        ("inner", "/eu"),
        ("outer", "/eu/berlin"),
        ("inner", "/eu/berlin"),
    ]


def test_those_of_an_application_for_a_host_bear_its_name():
    app = web.Application(middlewares=[outer])
    app.add_domain("shop.test", shop(inner))

    assert steps(traced(app, headers={"Host": "shop.test"})) == [("outer", ""), ("inner", "shop.test")]


def test_those_of_an_application_that_is_not_asked_do_not_run():
    app = web.Application(middlewares=[outer])
    app.add_subapp("/eu", shop(inner))
    app.router.add_get("/", home)

    assert traced(app).trace.entered == ["outer"]


def test_a_request_that_is_rewritten_by_a_clone():
    @web.middleware
    async def rewrite(request, handler):
        url = URL("/internal/orders?x=1")
        return await handler(request.clone(rel_url=url, method="PUT", headers={**request.headers, "X-Tenant": "acme"}))

    changes = traced(shop(rewrite), "/orders").trace["rewrite"].changes

    assert changes.path == ("/orders", "/internal/orders")
    assert changes.query == ("", "x=1")
    assert changes.method == ("GET", "PUT")
    assert changes.headers.added.items() == [("X-Tenant", "acme")]
    assert not changes.response


def test_a_header_that_is_added_to_the_response():
    @web.middleware
    async def mark(request, handler):
        response = await handler(request)
        response.headers["X-Seen"] = "1"
        return response

    trace = traced(shop(outer, mark)).trace

    assert trace["mark"].changes.response.headers.added.items() == [("X-Seen", "1")]
    assert trace["mark"].changes.response.body is None
    assert not trace["outer"].changes


def test_a_body_that_is_replaced():
    @web.middleware
    async def replace(request, handler):
        response = await handler(request)
        return web.Response(text=response.text.upper(), status=203)

    changes = traced(shop(replace), "/abc").trace["replace"].changes.response

    assert changes.body == (4, 4)
    assert changes.status == (200, 203)


def test_one_that_raises_an_http_error_is_the_one_that_answered():
    @web.middleware
    async def forbid(request, handler):
        raise web.HTTPForbidden(text="members only")

    exchange = traced(shop(outer, forbid, inner))

    assert (exchange.response.status, exchange.response.text) == (403, "members only")
    assert exchange.trace.entered == ["outer", "forbid"]
    assert exchange.trace.left == ["forbid", "outer"]
    assert exchange.trace.answered_by == "forbid"
    assert isinstance(exchange.trace["forbid"].error, web.HTTPForbidden)
    assert exchange.trace["outer"].error is None
    assert exchange.trace.not_reached == ["inner"]


@pytest.mark.parametrize(
    ("path", "not_reached"),
    [
        ("/eu/berlin/orders", ["inner", "outer", "inner", "outer"]),
        ("/eu/orders", ["inner", "outer"]),
        ("/", ["inner"]),
    ],
)
def test_those_of_the_applications_on_the_way_to_the_route_were_not_reached(path, not_reached):
    @web.middleware
    async def forbid(request, handler):
        raise web.HTTPForbidden

    eu = web.Application(middlewares=[outer])
    eu.add_subapp("/berlin", shop(inner, outer))
    eu.router.add_get("/orders", home)
    app = web.Application(middlewares=[forbid, inner])
    app.add_subapp("/eu", eu)
    app.add_subapp("/us", shop(outer))

    trace = traced(app, path).trace

    assert (trace.answered_by, trace.not_reached) == ("forbid", not_reached)


def test_an_http_error_of_the_handler_is_a_response_to_the_middlewares_around_it():
    @web.middleware
    async def hide(request, handler):
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return web.Response(text="nothing here")

    async def missing(request):
        raise web.HTTPNotFound

    trace = traced(shop(hide, inner, handler=missing)).trace

    assert trace["hide"].changes.response.status == (404, 200)
    assert not trace["inner"].changes
    assert (trace["inner"].error, trace["hide"].error) == (None, None)


def test_what_a_handler_raises_keeps_its_traceback_and_is_no_error_of_those_it_passes():
    async def broken(request):
        raise RuntimeError("boom")

    with TargetServer(shop(outer, handler=broken), trace=True) as target, target.expecting(HandlerFailed) as troubles:
        assert ask(target).status == 500

    functions = [frame.name for frame in traceback.extract_tb(troubles[0].__cause__.__traceback__)]
    assert functions[-1] == "broken"
    assert "outer" in functions
    exchange = target.exchanges.only()
    assert exchange.trace["outer"].error is None
    assert exchange.trace.left == ["outer"]


def test_what_a_middleware_raises_is_its_error():
    @web.middleware
    async def broken(request, handler):
        await handler(request)
        raise RuntimeError("boom")

    with TargetServer(shop(broken), trace=True) as target, target.expecting(HandlerFailed):
        ask(target)

    error = target.exchanges.only().trace["broken"].error
    assert str(error) == "boom"


@pytest.mark.parametrize("trace", [False, True])
def test_what_is_no_response_is_complained_of_by_aiohttp_and_not_by_the_probe(trace):
    async def forgetful(request):
        """Has no ``return``."""

    target = TargetServer(shop(outer, handler=forgetful), trace=trace)
    with target, target.expecting(HandlerFailed) as troubles:
        assert ask(target).status == 500

    assert "'NoneType' object has no attribute 'prepare'" in str(troubles[0])


def test_a_middleware_that_is_an_object_bears_the_name_of_its_class():
    class Audit:
        async def __call__(self, request, handler):
            return await handler(request)

    assert traced(shop(web.middleware(Audit()), inner)).trace.entered == ["Audit", "inner"]


def test_a_middleware_that_calls_on_twice_shows_those_inside_twice():
    @web.middleware
    async def retry(request, handler):
        await handler(request)
        return await handler(request)

    trace = traced(shop(retry, inner)).trace

    assert trace.entered == ["retry", "inner", "inner"]
    assert trace.left == ["inner", "inner", "retry"]


@pytest.mark.filterwarnings("ignore:old-style middleware:DeprecationWarning")
def test_a_middleware_of_the_old_style_is_watched_as_well():
    async def factory(app, handler):
        async def middleware(request):
            response = await handler(request)
            response.headers["X-Old"] = "1"
            return response

        return middleware

    trace = traced(shop(outer, factory)).trace

    assert trace.entered == ["outer", "factory"]
    assert trace["factory"].changes.response.headers.added.items() == [("X-Old", "1")]


def test_afterwards_the_application_is_as_it_was_and_can_be_started_again():
    app = web.Application(middlewares=[outer])
    app.add_subapp("/eu", shop(inner))

    recorded = []
    # One more server keeps the loop, without which no application of aiohttp starts a second time.
    with TargetServer():
        for trace in (False, True, False, True):
            with TargetServer(app, trace=trace) as target:
                ask(target, "/eu/1")
                ask(target, "/eu/1")
            recorded += [exchange.trace.entered for exchange in target.exchanges]

    both = ["outer", "inner"]
    assert recorded == [[], [], both, both, [], [], both, both]


@pytest.mark.parametrize("first_to_stop", [0, 1])
def test_two_servers_of_one_application_record_until_each_ends_and_leave_it_as_it_was(first_to_stop):
    app = shop(inner)
    with TargetServer(app):
        servers = [TargetServer(app, trace=True).start() for _ in range(2)]
        for server in servers:
            ask(server)
        servers.pop(first_to_stop).stop()
        [last] = servers
        ask(last)
        last.stop()
        with TargetServer(app) as untraced:
            ask(untraced)

    assert [exchange.trace.entered for exchange in last.exchanges] == [["inner"]] * 2
    assert untraced.exchanges.only().trace.entered == []


def test_a_stream_arrives_while_it_is_made():
    async def stream(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await gate.passed()
        await response.write(b"second")
        return response

    with TargetServer(shop(outer, handler=stream), trace=True) as target:
        gate = target.gate()
        pieces = first_and_rest(target, gate)

    assert pieces == [b"first", b"second"]
    assert target.exchanges.only().trace.left == ["outer"]


@pytest.mark.asyncio
async def test_a_web_socket_passes_through_middlewares_that_run_at_its_handshake():
    async def pong(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(f"pong:{await socket.receive_str()}")
        return socket

    async with (
        TargetServer(shop(outer, handler=pong), trace=True) as target,
        aiohttp.ClientSession() as session,
        session.ws_connect(target.url) as socket,
    ):
        await socket.send_str("ping")
        assert await socket.receive_str() == "pong:ping"

    exchange = target.exchanges.only()
    assert exchange.response.status == 101
    assert exchange.trace.entered == ["outer"]


@pytest.mark.asyncio
async def test_those_around_a_handler_that_closes_a_web_socket_are_entered_and_never_left():
    async def until_closed(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        return socket

    with TargetServer(shop(outer, handler=until_closed), trace=True) as target:
        async with aiohttp.ClientSession() as session, session.ws_connect(target.url):
            pass
        exchange = target.exchanges.only()

    assert (exchange.trace.entered, exchange.trace.left) == (["outer"], [])
    assert (exchange.trace["outer"].elapsed, exchange.trace.answered_by) == (0.0, None)
