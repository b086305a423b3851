import pytest
from aiohttp import web
from starlette.applications import Starlette

from mockproxy.errors import ConfigurationError, RecordError
from mockproxy.hosting.aiohttp_host import AiohttpHost
from mockproxy.hosting.asgi_host import AsgiHost
from mockproxy.hosting.host import host_for
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.routing import Include
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask
from tests.support.hosted import hello


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Length", "0")])
    return []


class Passing:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


@pytest.mark.parametrize(
    ("app", "host"),
    [
        (web.Application(), AiohttpHost),
        (Starlette(), AsgiHost),
        (hello, AsgiHost),
        (wsgi, AsgiHost),
        ([Passing, hello], AsgiHost),
        ((Passing, hello), AsgiHost),
    ],
)
def test_an_application_is_told_by_what_it_is(app, host):
    assert isinstance(host_for(app, print, trace=False), host)


@pytest.mark.parametrize("app", ["shop:app", 5, {}, lambda: None, Starlette, web.Application, dict])
@pytest.mark.parametrize("trace", [False, True])
def test_what_is_no_application_is_refused(app, trace):
    with pytest.raises(TypeError, match="is no application that can be hosted: it is neither an aiohttp"):
        TargetServer(app, trace=trace)


@pytest.mark.parametrize("app", [hello, Passing(hello), wsgi])
def test_what_cannot_be_looked_into_cannot_be_traced(app):
    with pytest.raises(ConfigurationError, match=r"trace=True cannot look into .* as a list of its middlewares"):
        TargetServer(app, trace=True)


def test_a_target_without_an_application_cannot_be_traced():
    with pytest.raises(ConfigurationError, match="trace=True looks into an application, and this target hosts none"):
        TargetServer(trace=True)


def test_without_trace_nothing_is_recorded_of_what_is_inside():
    with TargetServer([Passing, hello]) as target:
        ask(target)

    assert len(target.exchanges.only().trace) == 0


class Tag:
    def __init__(self, name):
        self.name = name

    async def intercept(self, scope, receive, send): ...


async def around(ctx):
    ctx.request.headers["X-Proxy"] = "1"
    yield


def test_one_trace_shows_the_way_through_proxy_and_application():
    @web.middleware
    async def app_middleware(request, handler):
        return await handler(request.clone(headers={**request.headers, "X-App": "1"}))

    async def home(request):
        return web.Response(text="home")

    shop = web.Application(middlewares=[app_middleware])
    shop.router.add_get("/orders", home)
    app = web.Application(middlewares=[app_middleware])
    app.add_subapp("/shop", shop)

    with (
        TargetServer(app, trace=True) as target,
        ProxyServer(interceptors=[Tag("edge")], middlewares=[around]) as proxy,
    ):
        proxy.routes.add(Include("/shop", interceptors=[Tag("shop")])).forward("/orders", to=target)
        ask(proxy, "/shop/orders")
        ask(proxy, "/shop/orders")

    for exchange in proxy.exchanges:
        trace = exchange.trace_through(target.exchanges)
        assert [(step.name, str(step.phase and step.phase.value), step.level) for step in trace] == [
            ("edge", "client edge", ""),
            ("shop", "client edge", "/shop"),
            ("around", "proxy", ""),
            ("app_middleware", "None", ""),
            ("app_middleware", "None", "/shop"),
        ]
        assert trace.left == ["app_middleware", "app_middleware", "around", "shop", "edge"]
        assert trace["around"].changes.headers.added.items() == [("X-Proxy", "1")]
        assert trace["app_middleware"].changes.headers.added.items() == [("X-App", "1")]
        assert exchange.trace.entered == ["edge", "shop", "around"]
    first, second = (exchange.trace_through(target.exchanges) for exchange in proxy.exchanges)
    assert not set(first.steps) & set(second.steps)


def test_one_trace_shows_the_way_through_one_proxy_behind_another():
    @web.middleware
    async def app_middleware(request, handler):
        return await handler(request)

    async def inner(ctx):
        yield

    with (
        TargetServer(web.Application(middlewares=[app_middleware]), trace=True) as target,
        ProxyServer(target, middlewares=[inner]) as behind,
        ProxyServer(behind.url, middlewares=[around]) as proxy,
    ):
        ask(proxy)
        ask(behind)

    for journals in ((behind.exchanges, target.exchanges), (target.exchanges, behind.exchanges)):
        trace = proxy.exchanges.only().trace_through(*journals)
        assert trace.entered == ["around", "inner", "app_middleware"]
        assert trace.left == ["app_middleware", "inner", "around"]


def test_a_trace_through_the_journal_of_another_target_is_refused():
    with (
        TargetServer(web.Application(), trace=True, name="shop") as target,
        TargetServer(name="other") as other,
        ProxyServer(target) as proxy,
    ):
        ask(proxy, "/orders")

    exchange = proxy.exchanges.only()
    with pytest.raises(RecordError, match="shop was asked for GET /orders, and what came of it is in none of the"):
        exchange.trace_through(other.exchanges)
    assert exchange.trace_through(other.exchanges, target.exchanges).entered == []


def test_who_answered_inside_of_an_application_is_named_through_the_proxy():
    @web.middleware
    async def forbid(request, handler):
        raise web.HTTPForbidden

    with TargetServer(web.Application(middlewares=[forbid]), trace=True) as target, ProxyServer(target) as proxy:
        assert ask(proxy).status == 403

    exchange = proxy.exchanges.only()
    assert exchange.trace.answered_by is None
    assert exchange.trace_through(target.exchanges).answered_by == "forbid"
