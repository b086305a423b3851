import gzip
import traceback
from contextlib import asynccontextmanager

import pytest
from lilya.apps import Lilya
from lilya.middleware import DefineMiddleware
from lilya.routing import Path
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Host, Mount, Route, Router

from mockproxy.errors import ConfigurationError, HandlerFailed
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.hosted import accepting, first_and_rest, hello, steps, traced, traced_handshake


class Passing:
    """Pure ASGI, and leaves everything as it is."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


class Outer(Passing): ...


class Inner(Passing): ...


class Rewriting(Passing):
    async def __call__(self, scope, receive, send):
        path = "/internal" + scope["path"]
        headers = [*scope["headers"], (b"x-tenant", b"acme")]
        await self.app({**scope, "path": path, "raw_path": path.encode(), "headers": headers}, receive, send)


class Stamping(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers["X-Stamp"] = "1"
        return response


class Refusing(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return Response(status_code=403)


ORDERS = "/eu/orders/{id}"


async def echo(request):
    return PlainTextResponse(request.url.path + (await request.body()).decode())


def shop(*middlewares, endpoint=echo):
    every = Route("/{path:path}", endpoint, methods=["GET", "POST"])
    return Starlette(routes=[every], middleware=[Middleware(each) for each in middlewares])


def test_middlewares_are_recorded_in_the_order_in_which_they_ran():
    app = shop(Outer, Inner)
    app.add_middleware(Stamping)  # Starlette puts it outermost

    exchange = traced(app)

    assert exchange.response.text == "/"
    assert exchange.trace.entered == ["Stamping", "Outer", "Inner"]
    assert exchange.trace.left == ["Inner", "Outer", "Stamping"]
    assert exchange.trace.answered_by is None


def test_what_a_base_http_middleware_changes():
    trace = traced(shop(Outer, Stamping)).trace

    assert trace["Stamping"].changes.response.headers.added.items() == [("x-stamp", "1")]
    assert not trace["Outer"].changes


async def stamp(request, call_next):
    response = await call_next(request)
    response.headers["X-Stamp"] = "1"
    return response


async def pass_on(request, call_next):
    return await call_next(request)


def test_functions_as_middlewares_bear_their_own_names():
    app = shop()
    app.add_middleware(BaseHTTPMiddleware, dispatch=stamp)
    app.user_middleware.append(Middleware(BaseHTTPMiddleware, pass_on))

    trace = traced(app).trace

    assert trace.entered == ["stamp", "pass_on"]
    assert trace["stamp"].changes.response.headers.added.items() == [("x-stamp", "1")]


def test_what_a_pure_middleware_changes_in_the_scope():
    exchange = traced(shop(Rewriting, Inner), "/orders?x=1")

    assert exchange.response.text == "/internal/orders"
    changes = exchange.trace["Rewriting"].changes
    assert changes.path == ("/orders", "/internal/orders")
    assert changes.query is None
    assert changes.headers.added.items() == [("x-tenant", "acme")]
    assert not exchange.trace["Inner"].changes


def test_what_gzip_makes_of_a_body():
    async def long(request):
        return PlainTextResponse("a" * 1000)

    exchange = traced(shop(GZipMiddleware, endpoint=long), headers={"Accept-Encoding": "gzip"})

    changes = exchange.trace["GZipMiddleware"].changes.response
    assert changes.body == (1000, len(exchange.response.body))
    assert changes.headers.added["Content-Encoding"] == "gzip"
    assert gzip.decompress(exchange.response.body) == b"a" * 1000


def test_what_a_middleware_makes_of_the_body_of_a_request():
    class Unzipping(Passing):
        async def __call__(self, scope, receive, send):
            async def unzipped():
                message = await receive()
                return {**message, "body": gzip.decompress(message["body"])}

            await self.app(scope, unzipped, send)

    body = gzip.compress(b"hello")
    exchange = traced(shop(Unzipping, Inner), method="POST", body=body)

    assert exchange.response.text == "/hello"
    assert exchange.trace["Unzipping"].changes.body == (len(body), 5)
    assert exchange.trace["Inner"].changes.body is None


def test_one_that_answers_by_itself_is_named():
    exchange = traced(shop(Outer, Refusing, Inner))

    assert exchange.response.status == 403
    assert exchange.trace.entered == ["Outer", "Refusing"]
    assert exchange.trace.answered_by == "Refusing"
    assert exchange.trace["Refusing"].answered
    assert not exchange.trace["Outer"].answered
    assert exchange.trace.not_reached == ["Inner"]


def test_those_that_are_added_before_the_first_request_are_among_those_not_reached():
    app = shop(Inner)
    app.add_middleware(BaseHTTPMiddleware, dispatch=stamp)
    app.add_middleware(Refusing)

    assert traced(app).trace.not_reached == ["stamp", "Inner"]


def test_those_behind_a_middleware_of_a_mount_are_named_as_far_as_they_are_known():
    """Which route of the mounted application would have been chosen nobody knows."""
    orders = Route("/orders", echo, middleware=[Middleware(Inner)])
    eu = Starlette(routes=[orders], middleware=[Middleware(Tenant)])
    mount = Mount("/eu", eu, middleware=[Middleware(Refusing), Middleware(Stamping)])
    trace = traced(Starlette(routes=[mount], middleware=[Middleware(Outer)]), "/eu/orders").trace

    assert trace.entered == ["Outer", "Refusing"]
    assert trace.not_reached == ["Stamping", "Tenant"]


def test_those_behind_a_middleware_that_is_put_around_an_application_by_hand_are_named():
    trace = traced(Outer(Refusing(Stamping(shop(Inner))))).trace

    assert (trace.answered_by, trace.not_reached) == ("Refusing", ["Stamping", "Inner"])


def test_an_http_error_of_an_endpoint_is_a_response_to_the_middlewares():
    async def missing(request):
        raise HTTPException(404)

    exchange = traced(shop(Stamping, endpoint=missing))

    assert exchange.response.status == 404
    assert exchange.trace["Stamping"].error is None
    assert exchange.response.headers["X-Stamp"] == "1"


@pytest.mark.parametrize("around", [Outer, Stamping])
def test_what_an_endpoint_raises_is_no_error_of_the_middlewares_it_passes(around):
    async def broken(request):
        raise RuntimeError("boom")

    with TargetServer(shop(around, endpoint=broken), trace=True) as target, target.expecting(HandlerFailed):
        assert ask(target).status == 500

    trace = target.exchanges.only().trace
    assert trace.left == [around.__name__]
    assert trace[around.__name__].error is None


def test_what_a_middleware_raises_is_its_error_with_its_traceback():
    class Broken(Passing):
        async def __call__(self, scope, receive, send):
            if scope["type"] == "http":
                raise RuntimeError("boom")
            await self.app(scope, receive, send)

    with TargetServer(shop(Outer, Broken), trace=True) as target, target.expecting(HandlerFailed):
        ask(target)

    trace = target.exchanges.only().trace
    error = trace["Broken"].error
    assert str(error) == "boom"
    assert trace["Outer"].error is None
    assert traceback.extract_tb(error.__traceback__)[-1].line == 'raise RuntimeError("boom")'


def test_mounted_applications_are_watched_on_their_levels():
    berlin = shop(Inner)
    eu = Starlette(routes=[Mount("/cities", routes=[Mount("/berlin", berlin)])], middleware=[Middleware(Outer)])
    app = Starlette(routes=[Mount("/eu", eu)], middleware=[Middleware(Outer)])

    exchange = traced(app, "/eu/cities/berlin/orders")

    assert steps(exchange) == [("Outer", ""), ("Outer", "/eu"), ("Inner", "/eu/cities/berlin")]


def test_an_application_that_is_mounted_behind_a_middleware_is_watched():
    app = Starlette(routes=[Mount("/eu", shop(Inner), middleware=[Middleware(Stamping)])])

    exchange = traced(app, "/eu/orders")

    assert steps(exchange) == [("Stamping", "/eu"), ("Inner", "/eu")]
    assert exchange.trace["Stamping"].changes.response.headers.added.items() == [("x-stamp", "1")]


class Tenant(Passing):
    async def __call__(self, scope, receive, send):
        await self.app({**scope, "headers": [*scope["headers"], (b"x-tenant", b"acme")]}, receive, send)


def with_routes_that_have_middlewares():
    orders = Route("/orders/{id}", echo, middleware=[Middleware(Inner), Middleware(BaseHTTPMiddleware, dispatch=stamp)])
    mount = Mount("/eu", routes=[orders, Route("/health", echo)], middleware=[Middleware(Outer), Middleware(Tenant)])
    router = Router(routes=[Route("/", echo)], middleware=[Middleware(Refusing)])
    return Starlette(routes=[mount, Mount("/closed", router)], middleware=[Middleware(Outer)])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/eu/orders/7",
            [("Outer", ""), ("Outer", "/eu"), ("Tenant", "/eu"), ("Inner", ORDERS), ("stamp", ORDERS)],
        ),
        ("/eu/health", [("Outer", ""), ("Outer", "/eu"), ("Tenant", "/eu")]),
        ("/closed/", [("Outer", ""), ("Refusing", "/closed")]),
    ],
)
def test_middlewares_of_mounts_routers_and_routes_are_watched_on_their_levels(path, expected):
    exchange = traced(with_routes_that_have_middlewares(), path)

    assert steps(exchange) == expected
    assert exchange.trace.left == exchange.trace.entered[::-1]
    assert exchange.trace.answered_by == ("Refusing" if path == "/closed/" else None)


def test_what_such_middlewares_change():
    trace = traced(with_routes_that_have_middlewares(), "/eu/orders/7").trace

    assert trace["Tenant"].changes.headers.added.items() == [("x-tenant", "acme")]
    assert trace["stamp"].changes.response.headers.added.items() == [("x-stamp", "1")]
    assert not trace["Inner"].changes


def test_afterwards_such_routes_are_as_they_were_though_two_servers_had_them():
    app = with_routes_that_have_middlewares()
    mount, closed = app.routes
    parts = [mount, mount.app, mount.app.app, mount.routes[0], mount.routes[0].app, closed.app]
    before = [dict(vars(part)) for part in parts]
    servers = [TargetServer(app, trace=True).start() for _ in range(2)]
    for server in servers:
        server.stop()
        assert [exchange.trace for exchange in server.exchanges] == []

    assert [dict(vars(part)) for part in parts] == before
    assert len(traced(app, "/eu/orders/7").trace) == 5


def test_a_second_server_finds_what_is_behind_the_probes_of_the_first():
    app = Starlette(routes=[Mount("/eu", shop(Inner), middleware=[Middleware(Outer)])])
    first, second = (TargetServer(app, trace=True).start() for _ in range(2))
    first.stop()
    ask(second, "/eu/orders")
    second.stop()

    assert second.exchanges.only().trace.entered == ["Outer", "Inner"]


def test_a_middleware_of_a_route_that_does_not_tell_what_it_stands_around_runs_unseen():
    def closing(app):
        async def middleware(scope, receive, send):
            await app(scope, receive, send)

        return middleware

    app = Starlette(routes=[Route("/", echo, middleware=[Middleware(closing)])], middleware=[Middleware(Outer)])

    assert steps(traced(app)) == [("Outer", "")]


def test_an_application_for_a_host_bears_its_name():
    app = Starlette(routes=[Host("shop.test", shop(Inner))], middleware=[Middleware(Outer)])

    assert steps(traced(app, headers={"Host": "shop.test"})) == [("Outer", ""), ("Inner", "shop.test")]


def test_an_application_that_is_mounted_twice_bears_both_levels_and_runs_once():
    shared = shop(Inner)
    app = Starlette(routes=[Mount("/eu", shared), Mount("/us", shared)])

    assert steps(traced(app, "/us/orders")) == [("Inner", "/eu | /us")]


def test_afterwards_the_application_is_as_it_was_and_can_be_started_again():
    mounted = shop(Inner)
    app = Starlette(routes=[Mount("/eu", mounted)], middleware=[Middleware(Outer)])
    declared, mounted_declared = list(app.user_middleware), list(mounted.user_middleware)
    with TargetServer(app) as target:
        ask(target, "/eu/1")
    stacks = app.middleware_stack, mounted.middleware_stack

    traced_target = TargetServer(app, trace=True)
    for _ in range(2):
        with traced_target as target:
            ask(target, "/eu/1")
        assert (app.middleware_stack, mounted.middleware_stack) == stacks
        assert (app.user_middleware, mounted.user_middleware) == (declared, mounted_declared)

    assert [exchange.trace.entered for exchange in target.exchanges] == [["Outer", "Inner"]] * 2


@pytest.mark.parametrize("first_to_stop", [0, 1])
def test_two_servers_of_one_application_record_until_each_ends_and_leave_it_as_it_was(first_to_stop):
    app = shop(Inner)
    servers = [TargetServer(app, trace=True).start() for _ in range(2)]
    for server in servers:
        ask(server)
    servers.pop(first_to_stop).stop()
    [last] = servers
    ask(last)
    last.stop()

    assert [exchange.trace.entered for exchange in last.exchanges] == [["Inner"]] * 2
    assert app.middleware_stack is None


@pytest.mark.parametrize("trace", [False, True])
def test_a_mounted_application_may_be_given_middlewares_until_its_first_request(trace):
    mounted = shop()

    @asynccontextmanager
    async def lifespan(app):
        mounted.add_middleware(Stamping)
        yield

    app = Starlette(routes=[Mount("/eu", mounted)], middleware=[Middleware(Outer)], lifespan=lifespan)
    before = dict(vars(mounted))
    with TargetServer(app, trace=trace) as target:
        ask(target, "/eu/orders")

    exchange = target.exchanges.only()
    assert exchange.response.headers["X-Stamp"] == "1"
    assert steps(exchange) == ([("Outer", ""), ("Stamping", "/eu")] if trace else [])
    assert not trace or vars(mounted) == before


def test_an_application_that_builds_its_middlewares_its_own_way_does_so_under_trace():
    app = shop(Inner)
    built = app.build_middleware_stack
    app.build_middleware_stack = own = lambda: Outer(built())

    assert traced(app).trace.entered == ["Inner"]
    assert app.build_middleware_stack is own


def test_middlewares_that_are_put_around_an_application_by_hand_are_watched():
    inner = shop(Inner)
    app = Outer(BaseHTTPMiddleware(inner, dispatch=stamp))
    parts = [app, app.app, inner]
    before = [dict(vars(part)) for part in parts]

    exchange = traced(app, "/orders")

    assert exchange.response.text == "/orders"
    assert steps(exchange) == [("Outer", ""), ("stamp", ""), ("Inner", "")]
    assert exchange.trace["stamp"].changes.response.headers.added.items() == [("x-stamp", "1")]
    assert [vars(part) for part in parts] == before


def test_such_a_one_may_be_mounted():
    app = Starlette(routes=[Mount("/eu", Outer(shop(Inner)), middleware=[Middleware(Stamping)])])

    assert steps(traced(app, "/eu/orders")) == [("Stamping", "/eu"), ("Outer", "/eu"), ("Inner", "/eu")]


@pytest.mark.parametrize("first_to_stop", [0, 1])
def test_two_servers_of_such_a_one_record_until_each_ends_and_leave_it_as_it_was(first_to_stop):
    app = Outer(shop(Inner))
    inside = app.app
    servers = [TargetServer(app, trace=True).start() for _ in range(2)]
    for server in servers:
        ask(server)
    servers.pop(first_to_stop).stop()
    [last] = servers
    ask(last)
    last.stop()

    assert [exchange.trace.entered for exchange in last.exchanges] == [["Outer", "Inner"]] * 2
    assert app.app is inside


def test_an_application_of_ones_own_that_has_an_app_is_no_middleware():
    class Own:
        app = staticmethod(print)

        async def __call__(self, scope, receive, send):
            await hello(scope, receive, send)

    app = Starlette(routes=[Mount("/own", Own(), middleware=[Middleware(Outer)])])

    assert steps(traced(app, "/own/x")) == [("Outer", "/own")]


def test_an_application_that_does_not_start_is_as_it_was():
    async def lifespan(app):
        raise RuntimeError("no database")
        yield

    app = shop(Outer)
    app.router.lifespan_context = lifespan
    with pytest.raises(ConfigurationError, match="failed to start"):
        TargetServer(app, trace=True).start()

    assert app.middleware_stack is None


def test_a_stream_arrives_while_it_is_made():
    async def stream(request):
        async def pieces():
            yield b"first"
            await gate.passed()
            yield b"second"

        return StreamingResponse(pieces())

    with TargetServer(shop(Outer, Stamping, endpoint=stream), trace=True) as target:
        gate = target.gate()
        assert first_and_rest(target, gate) == [b"first", b"second"]

    exchange = target.exchanges.only()
    assert exchange.trace.left == ["Stamping", "Outer"]
    assert exchange.trace["Stamping"].changes.response.body is None


def test_an_application_of_lilya_is_watched_as_well():
    app = Lilya(routes=[Path("/", lambda: "home")], middleware=[DefineMiddleware(Outer), DefineMiddleware(Inner)])

    exchange = traced(app)

    assert exchange.response.status == 200
    assert exchange.trace.entered == ["Outer", "Inner"]
    assert app.middleware_stack is None


def test_a_mounted_application_without_middlewares_of_its_own_is_served():
    assert (
        traced(Starlette(routes=[Mount("/eu", hello)], middleware=[Middleware(Outer)]), "/eu/").response.status == 200
    )


class Members(Passing):
    async def __call__(self, scope, receive, send):
        if scope["path"].endswith("closed"):
            await send({"type": "websocket.close"})
        else:
            await self.app(scope, receive, send)


@pytest.mark.parametrize(("path", "answered_by"), [("/eu/open", None), ("/eu/closed", "Members")])
def test_the_handshake_of_a_web_socket_passes_middlewares_of_applications_and_mounts(path, answered_by):
    eu = Starlette(routes=[Mount("/", accepting)], middleware=[Middleware(Members), Middleware(Inner)])
    app = Starlette(routes=[Mount("/eu", eu, middleware=[Middleware(Tenant)])], middleware=[Middleware(Outer)])

    exchange = traced_handshake(app, path)

    way = [("Outer", ""), ("Tenant", "/eu"), ("Members", "/eu"), ("Inner", "/eu")]
    assert steps(exchange) == (way[:3] if answered_by else way)
    assert exchange.trace.left == exchange.trace.entered[::-1]
    assert exchange.trace.answered_by == answered_by
    assert exchange.trace["Tenant"].changes.headers.added.items() == [("x-tenant", "acme")]


def test_a_middleware_for_http_alone_lets_a_web_socket_pass():
    app = Starlette(routes=[Mount("/", accepting)], middleware=[Middleware(Stamping), Middleware(GZipMiddleware)])
    exchange = traced_handshake(app)

    assert exchange.trace.left == ["GZipMiddleware", "Stamping"]
    assert not any(step.changes for step in exchange.trace)
