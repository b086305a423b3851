import socket
import threading

import pytest
import requests

from mockproxy.errors import MiddlewareFailed, RecordError, UpstreamError, UpstreamTimeout
from mockproxy.messages.message import Response
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.routing import Forward, Include
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask


@pytest.fixture
def target():
    with TargetServer(name="orders") as target:
        target.on().reply(text="from the target")
        yield target


def forwarded(seen_by, path="/", /, **given):
    """The request that reaches the target."""
    with ProxyServer(**given) as proxy:
        ask(proxy, path, headers={"Host": "shop.test"})
    return seen_by.exchanges.only().request


# The path.


def test_the_target_is_asked_for_the_path_as_it_came(target):
    assert forwarded(target, "/a%2Fb//c?x=%zz&x=2", target=target).raw_target == "/a%2Fb//c?x=%zz&x=2"


def test_a_path_of_the_forward_is_expanded_with_raw_parameters_and_the_query_stays(target):
    route = Include("/eu", routes=[Forward("/people/{name}", to=target, path="/v2/users/{name}")])

    assert forwarded(target, "/eu/people/a%2Fb?x=1", routes=[route]).raw_target == "/v2/users/a%2Fb?x=1"


def test_a_parameter_that_a_middleware_changed_is_expanded(target):
    async def rename(ctx):
        ctx.path_params["name"] = 7
        yield

    route = Forward("/people/{name}", to=target, path="/users/{name}", middlewares=[rename])
    assert forwarded(target, "/people/ada", routes=[route]).path == "/users/7"


def setting(**params: str):
    async def change(ctx):
        ctx.path_params.update(params)
        yield

    return change


def test_what_stood_for_one_segment_goes_on_as_one(target):
    route = Forward("/p/{id}/x", to=target, path="/api/{id}/y", middlewares=[setting(id="a/b")])
    assert forwarded(target, "/p/7/x", routes=[route]).raw_target == "/api/a%2Fb/y"


def test_what_stood_for_several_segments_may_become_several(target):
    route = Forward("/files/{rest:.*}", to=target, path="/v2/{rest}", middlewares=[setting(rest="a/b")])
    assert forwarded(target, "/files/x", routes=[route]).raw_target == "/v2/a/b"


def test_an_inner_parameter_decides_for_an_outer_one_of_its_name(target):
    route = Include("/{id}", routes=[Forward("/{id:.*}", to=target, path="/v2/{id}")])
    assert forwarded(target, "/a/b/c", routes=[route]).raw_target == "/v2/b/c"


def test_an_empty_segment_is_trouble(target):
    route = Forward("/p/{id}", to=target, path="/api/{id}", middlewares=[setting(id="")])
    with ProxyServer(routes=[route]) as proxy, proxy.expecting(MiddlewareFailed) as troubles:
        assert ask(proxy, "/p/7").status == 500
    assert "the path parameter 'id' is empty, and stands for a segment that is not" in str(troubles[0])


def test_a_path_that_a_middleware_set_is_not_expanded(target):
    async def rewrite(ctx):
        ctx.request.path = "/mine"
        yield

    route = Forward("/people/{name}", to=target, path="/users/{name}", middlewares=[rewrite])
    assert forwarded(target, "/people/ada", routes=[route]).path == "/mine"


@pytest.mark.parametrize("name", ["..", "%2e%2e", "..%2F..%2Fadmin"])
def test_an_expansion_that_would_lead_out_of_its_template_is_refused(target, name):
    with ProxyServer(routes=[Forward("/people/{name}", to=target, path="/v2/users/{name}")]) as proxy:
        answer = ask(proxy, f"/people/{name}")

    assert answer.status == 400
    assert "lead out of" in answer.text
    assert len(target.exchanges) == 0


def test_an_expansion_that_cannot_be_sent_is_trouble(target):
    async def decode(ctx):
        ctx.path_params["name"] = "with space"
        yield

    route = Forward("/people/{name}", to=target, path="/users/{name}", middlewares=[decode])
    with ProxyServer(routes=[route]) as proxy, proxy.expecting(MiddlewareFailed) as troubles:
        assert ask(proxy, "/people/ada").status == 500

    assert "percent-encode it (%20)" in str(troubles[0])


def test_the_base_path_of_a_target_stands_before_every_path(target):
    assert forwarded(target, "/a?x=1", target=f"{target.url}/base/").raw_target == "/base/a?x=1"


@pytest.mark.parametrize("path", ["/../secret", "/a/%2e%2e/..%2Fsecret"])
def test_dot_segments_do_not_lead_out_of_the_base_path(target, path):
    with ProxyServer(f"{target.url}/base") as proxy:
        assert ask(proxy, path).status == 400

    assert len(target.exchanges) == 0


# The fields.


def test_the_target_sees_its_own_authority_and_who_asked_for_what(target):
    headers = forwarded(target, target=target).headers

    assert headers["Host"] == f"127.0.0.1:{target.port}"
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Host"] == "shop.test"
    assert headers["X-Forwarded-Proto"] == "http"
    assert "Via" not in headers


def test_forwarded_false_leaves_the_forwarded_fields_out(target):
    headers = forwarded(target, routes=[Forward("*", to=target, forwarded=False)]).headers

    assert [name for name in headers if name.lower().startswith("x-forwarded")] == []


def test_preserve_host_passes_the_clients_host_on(target):
    assert forwarded(target, routes=[Forward("*", to=target, preserve_host=True)]).headers["Host"] == "shop.test"


def test_the_leg_lists_what_forwarding_itself_changed(target):
    async def tag(ctx):
        ctx.request.headers["X-Tag"] = "1"
        yield

    with ProxyServer(target, middlewares=[tag]) as proxy:
        ask(proxy, headers={"Host": "shop.test", "Connection": "X-Hop", "X-Hop": "1"})

    changes = proxy.exchanges.only().upstream.changes
    assert changes.added.keys() == ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"]
    assert changes.removed.keys() == ["Connection", "X-Hop"]
    assert changes.replaced == {"Host": ("shop.test", f"127.0.0.1:{target.port}")}


# The legs.


def test_the_leg_and_the_targets_own_exchange_share_a_connection(target):
    with ProxyServer(target) as proxy, requests.Session() as client:
        for _ in range(2):
            client.get(proxy.url)

    legs = [exchange.upstream for exchange in proxy.exchanges]
    assert [leg.connection for leg in legs] == [exchange.connection for exchange in target.exchanges]
    assert [leg.place for leg in legs] == [exchange.place for exchange in target.exchanges] == [0, 1]
    assert [leg.target for leg in legs] == ["orders", "orders"]


def test_the_leg_holds_what_the_target_was_sent_and_what_it_answered(target):
    with ProxyServer(target) as proxy:
        ask(proxy, "/a", "POST", body=b"question")

    exchange, seen = proxy.exchanges.only(), target.exchanges.only()
    assert exchange.reached_target
    assert exchange.upstream.request.raw_head == seen.request.raw_head
    assert exchange.upstream.request.body == seen.request.body == b"question"
    assert exchange.upstream.response.raw_head == seen.response.raw_head
    assert exchange.upstream.response.body == seen.response.body == b"from the target"


def test_every_call_of_a_wrapping_middleware_is_a_leg():
    async def retry(ctx, call_next):
        response = await call_next()
        return await call_next() if response.status == 503 else response

    with TargetServer() as target, ProxyServer(target, middlewares=[retry]) as proxy:
        target.on("POST", "/").reply(503, text="busy").then(201)
        assert ask(proxy, "/", "POST", body=b"again").status == 201

    exchange = proxy.exchanges.only()
    assert [leg.response.status for leg in exchange.legs] == [503, 201]
    assert exchange.upstream is exchange.legs[-1]
    assert [seen.request.body for seen in target.exchanges] == [b"again", b"again"]


def test_a_target_that_refuses_is_502_and_was_not_reached():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with ProxyServer(url) as proxy:
        assert ask(proxy).status == 502

    exchange = proxy.exchanges.only()
    assert isinstance(exchange.error, UpstreamError)
    assert exchange.upstream.error is exchange.error
    assert not exchange.upstream.reached_target
    assert not exchange.reached_target


def test_a_target_that_is_too_slow_is_504_and_was_reached():
    with TargetServer() as target, ProxyServer(target, timeout=0.05) as proxy:
        gate = target.gate()
        target.on().reply(200).hold(gate)
        assert ask(proxy).status == 504
        gate.open()

    exchange = proxy.exchanges.only()
    assert isinstance(exchange.error, UpstreamTimeout)
    assert exchange.reached_target


def test_a_target_that_hangs_up_is_502():
    def hang_up():
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)

    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        ProxyServer(f"http://127.0.0.1:{listening.getsockname()[1]}") as proxy,
    ):
        thread = threading.Thread(target=hang_up)
        thread.start()
        assert ask(proxy).status == 502
        thread.join()

    assert "closed the connection without an answer" in str(proxy.exchanges.only().error)


def test_a_request_stream_of_a_middleware_that_breaks_is_trouble():
    async def broken():
        yield b"first"
        raise LookupError("lost")

    async def stream(ctx):
        ctx.request.set_stream(broken())
        yield

    with TargetServer() as target, ProxyServer(target, middlewares=[stream]) as proxy:
        target.on().reply(200)
        with proxy.expecting(MiddlewareFailed) as troubles:
            assert ask(proxy, "/", "POST", body=b"body").status == 500

    assert isinstance(troubles[0].__cause__, LookupError)


def test_asking_for_the_upstream_of_what_was_not_forwarded_names_who_answered(target):
    async def authenticate(ctx):
        ctx.answer(Response(401))
        yield

    with ProxyServer(target, middlewares=[authenticate]) as proxy:
        ask(proxy)

    with pytest.raises(RecordError, match="nothing was forwarded: authenticate answered with 401"):
        _ = proxy.exchanges.only().upstream
