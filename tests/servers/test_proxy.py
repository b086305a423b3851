import asyncio

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.pipeline.phase import Phase
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.routing import Forward, Include
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask


@pytest.fixture
def target():
    with TargetServer() as target:
        target.on().reply(text="from the target")
        yield target


class Tag:
    """Notes when it is entered and left."""

    def __init__(self, name, events):
        self.name = name
        self.events = events

    async def __call__(self, ctx):
        self.events.append(f"pre {self.name}")
        yield
        await asyncio.sleep(0)
        self.events.append(f"post {self.name}")


def test_phases_run_from_the_client_inwards_and_unwind_in_reverse(target):
    events = []
    target.on().reply(200)
    with ProxyServer(target) as proxy:
        for phase in (Phase.TARGET_EDGE, Phase.CLIENT_EDGE, Phase.PROXY):
            proxy.use(Tag(phase.value, events), phase=phase)
        ask(proxy)

    assert events == [
        *("pre client edge", "pre proxy", "pre target edge"),
        *("post target edge", "post proxy", "post client edge"),
    ]
    trace = proxy.exchanges.only().trace
    assert trace.entered == ["client edge", "proxy", "target edge"]
    assert trace.left == ["target edge", "proxy", "client edge"]


def test_within_a_phase_outer_levels_come_first_then_the_order_of_registration(target):
    events = []
    with ProxyServer() as proxy:
        shops = proxy.include("/shops", middlewares=[Tag("shops", events)])
        order = shops.forward("/{id}", to=target, middlewares=[Tag("order", events)])
        order.use(Tag("order 2", events))
        proxy.use(Tag("proxy", events))
        shops.use(Tag("shops edge", events), phase=Phase.CLIENT_EDGE)
        ask(proxy, "/shops/7")

    trace = proxy.exchanges.only().trace
    assert trace.entered == ["shops edge", "proxy", "shops", "order", "order 2"]
    assert [step.level for step in trace] == ["/shops", "", "/shops", "/shops/{id}", "/shops/{id}"]


def test_a_decorator_registers_like_use(target):
    with ProxyServer(target) as proxy:

        @proxy.middleware(Phase.TARGET_EDGE)
        async def add_key(ctx):
            ctx.request.headers["X-API-Key"] = "k"
            yield

        ask(proxy)

    assert proxy.exchanges.only().trace["add_key"].phase is Phase.TARGET_EDGE
    assert target.exchanges.only().request.headers["X-API-Key"] == "k"


def test_a_key_of_the_proxy_takes_the_place_of_those_that_a_client_forged(target):
    async def add_key(ctx):
        ctx.request.headers["X-API-Key"] = "real"
        yield

    with ProxyServer(target, middlewares=[add_key]) as proxy:
        ask(proxy, headers={"X-API-Key": "forged", "x-api-key": "again"})

    assert target.exchanges.only().request.headers.all("X-API-Key") == ["real"]


def test_routes_come_before_the_target_of_everything_else(target):
    with TargetServer() as other, ProxyServer(target, routes=[Forward("/other", to=other)]) as proxy:
        other.on().reply(text="from the other")

        assert ask(proxy, "/other").text == "from the other"
        assert ask(proxy, "/else").text == "from the target"


def test_a_middleware_of_one_target_does_not_run_for_another(target):
    events = []
    with TargetServer() as other:
        other.on().reply(200)
        routes = [Forward("/a", to=target, middlewares=[Tag("a", events)]), Forward("/b", to=other)]
        with ProxyServer(routes=routes) as proxy:
            ask(proxy, "/a")
            ask(proxy, "/b")

    assert [exchange.trace.entered for exchange in proxy.exchanges] == [["a"], []]


def test_a_middleware_that_is_added_later_is_seen_by_later_requests(target):
    with ProxyServer(target) as proxy:
        ask(proxy)
        proxy.use(Tag("late", []))
        ask(proxy)

    assert [exchange.trace.entered for exchange in proxy.exchanges] == [[], ["late"]]


def test_changes_of_a_middleware_are_seen_by_those_inside_on_every_level(target):
    class Rewrite:
        async def intercept(self, scope, receive, send):
            scope["path_params"]["name"] = "intercept"
            scope["path"] = "/hello/other"
            scope["raw_path"] = b"/hello/other"

    seen = []

    class Look:
        async def intercept(self, scope, receive, send):
            seen.append((scope["path"], dict(scope["path_params"])))

    with ProxyServer(
        interceptors=[Rewrite], routes=[Include("", interceptors=[Look], routes=[Forward("/hello/{name}", to=target)])]
    ) as proxy:
        ask(proxy, "/hello/real")

    assert seen == [("/hello/other", {"name": "intercept"})]
    assert target.exchanges.only().request.path == "/hello/other"


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_wait_without_a_bound_is_refused(timeout):
    with pytest.raises(ConfigurationError, match=rf"timeout={timeout}: the wait for a target is bounded"):
        ProxyServer(timeout=timeout)


def test_a_middleware_of_the_wrong_kind_is_refused_where_the_proxy_is_made():
    with pytest.raises(TypeError, match="'NoneType' is no middleware"):
        ProxyServer(middlewares=[None])
    with pytest.raises(TypeError, match="is no interceptor"):
        ProxyServer(interceptors=[lambda ctx: None])


def test_a_target_that_does_not_run_is_refused_where_the_proxy_is_made():
    with pytest.raises(ConfigurationError, match="the target 'orders' is not running"):
        ProxyServer(TargetServer(name="orders"))


def test_both_edges_of_an_untouched_exchange_are_the_same_octets(target):
    with ProxyServer(target) as proxy:
        answer = ask(proxy, "/", "POST", body=b"question")

    exchange = proxy.exchanges.only()
    assert exchange.request.body == exchange.upstream.request.body == b"question"
    assert exchange.upstream.response.body == exchange.response.body == answer.body
    assert exchange.response.headers.items() == answer.headers


def test_it_runs_on_the_loop_of_the_caller_together_with_its_target():
    async def main():
        async with TargetServer() as target, ProxyServer(target) as proxy:
            target.on().reply(text="here")
            return (await asyncio.to_thread(ask, proxy)).text

    assert asyncio.run(main()) == "here"
