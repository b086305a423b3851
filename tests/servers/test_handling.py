import socket
import struct

import pytest
from aiohttp import web

from mockproxy.errors import (
    ClientLeft,
    HandlerFailed,
    MalformedMessage,
    MiddlewareFailed,
    RefusedRequest,
    Unmatched,
)
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.routing import Forward
from mockproxy.servers.target import TargetServer
from tests.support.asking import ask


@pytest.fixture
def proxy():
    with ProxyServer(name="gateway") as proxy:
        yield proxy


def raw(server, *sent):
    """What comes back for these octets, until the server closes."""
    with socket.create_connection((server.host, server.port), timeout=5) as client:
        client.sendall(b"".join(sent))
        return b"".join(iter(lambda: client.recv(65536), b""))


# The proxy's own answers.


def test_its_own_stubs_come_before_its_routes():
    with TargetServer() as target, ProxyServer(target) as proxy:
        target.on().reply(text="the target's")
        proxy.on("GET", "/health").reply(text="its own")

        assert ask(proxy, "/health").text == "its own"
        assert ask(proxy, "/other").text == "the target's"

    own, other = proxy.exchanges
    assert own.trace.answered_by == "GET /health"
    assert not own.legs
    assert other.trace.answered_by is None


def test_its_own_stubs_stand_behind_the_middlewares_of_the_outermost_level_only(proxy):
    async def outer(ctx):
        yield
        ctx.response.headers["X-Seen"] = "1"

    async def inner(ctx):
        yield

    proxy.use(outer)
    proxy.include("/a").use(inner)
    proxy.on("GET", "/a").reply(204)

    assert ask(proxy, "/a").all("X-Seen") == ["1"]
    assert proxy.exchanges.only().trace.entered == ["outer"]


def test_a_handler_of_its_own_gets_the_request_as_the_middlewares_left_it(proxy):
    async def add(ctx):
        ctx.request.headers["X-User"] = "ada"
        yield

    proxy.use(add)
    proxy.on("POST", "/{name}").reply_with(
        lambda request, name: [request.url, request.headers["X-User"], request.text, name]
    )

    answer = ask(proxy, "/a%20b", "POST", body=b"body", headers={"Content-Type": "text/plain"})
    assert answer.text == f'["{proxy.url}/a%20b", "ada", "body", "a b"]'


def test_its_own_stub_can_be_chosen_by_the_body_also_where_the_client_waits_for_leave(proxy):
    proxy.on("POST", "/", json={"n": 1}).reply(text="one")
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 8\r\n\r\n"
    with socket.create_connection((proxy.host, proxy.port), timeout=5) as client:
        client.sendall(head)
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b'{"n": 1}')
        assert b"".join(iter(lambda: client.recv(65536), b"")).endswith(b"one")


def test_a_body_that_chose_a_stub_still_goes_to_the_target_where_none_was_chosen():
    with TargetServer() as target, ProxyServer(target) as proxy:
        target.on("POST").reply_with(lambda request: request.body)
        proxy.on("POST", "/", json={"n": 1}).reply(text="one")

        assert ask(proxy, "/", "POST", body=b'{"n": 2}').body == b'{"n": 2}'


def test_a_criterion_that_raises_is_trouble_and_a_500(proxy):
    def broken(request):
        raise LookupError("no such tenant")

    stub = proxy.on("GET", "/", where=broken)
    with proxy.expecting(HandlerFailed) as troubles:
        answer = ask(proxy)

    assert (answer.status, answer.text) == (500, "Internal Server Error\n")
    assert troubles[0].place == stub.place
    assert isinstance(troubles[0].__cause__, LookupError)


def test_a_handler_that_refuses_is_a_response_to_the_middlewares(proxy):
    seen = []

    async def outer(ctx):
        yield
        seen.append((ctx.response.status, type(ctx.error)))

    @proxy.on("POST", "/login").reply_with
    def login(request):
        raise web.HTTPUnauthorized

    proxy.use(outer)
    assert ask(proxy, "/login", "POST").status == 401
    assert seen == [(401, web.HTTPUnauthorized)]
    assert proxy.troubles == ()


def test_a_broken_stream_of_its_own_stub_is_a_failure_of_that_stub(proxy):
    def breaking():
        yield b"first"
        raise LookupError("lost")

    stub = proxy.on("GET", "/feed").reply(stream=breaking)
    with proxy.expecting(HandlerFailed) as troubles:
        assert b"first" in raw(proxy, b"GET /feed HTTP/1.1\r\nHost: a\r\n\r\n")

    assert str(troubles[0]) == "the stream of GET /feed raised LookupError: lost"
    assert troubles[0].place == stub.place
    assert isinstance(troubles[0].__cause__, LookupError)


# What is wrong with a request.


def test_a_request_without_a_route_is_501_and_the_client_is_told_so(proxy):
    proxy.forward("/a", to="http://127.0.0.1:9")
    with proxy.expecting(Unmatched) as troubles:
        answer = ask(proxy, "/b?token=s3cret")

    assert (answer.status, answer.text) == (501, "unmatched: GET /b at gateway: no route leads there\n")
    assert proxy.exchanges.only().error is troubles[0]


def test_an_unmatched_request_passes_the_middlewares_of_the_outermost_level(proxy):
    async def outer(ctx):
        yield
        ctx.response.headers["X-Seen"] = str(ctx.response.status)

    proxy.use(outer)
    with proxy.expecting(Unmatched):
        assert ask(proxy).all("X-Seen") == ["501"]


def test_connect_is_405(proxy):
    answer = raw(proxy, b"CONNECT shop.test:443 HTTP/1.1\r\nHost: shop.test:443\r\nConnection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"\r\nAllow: \r\n" in answer
    assert isinstance(proxy.exchanges.only().error, RefusedRequest)
    assert proxy.troubles == ()


def test_octets_that_are_no_request_are_400_and_on_the_record(proxy):
    with proxy.expecting(MalformedMessage) as troubles:
        assert raw(proxy, b"GET / HTTP/1.1\r\nHost : a\r\n\r\n").startswith(b"HTTP/1.1 400 ")

    exchange = proxy.exchanges.only()
    assert exchange.request is None
    assert exchange.raw == b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"
    assert exchange.error is troubles[0]
    assert exchange.response.status == 400


def test_a_body_that_nobody_wanted_is_on_the_record_if_it_is_small(proxy):
    async def refuse(ctx):
        raise web.HTTPForbidden
        yield

    proxy.use(refuse)
    proxy.on("POST").reply(204)
    assert ask(proxy, "/", "POST", body=b"small").status == 403
    assert proxy.exchanges.only().request.body == b"small"


def test_a_client_that_leaves_is_on_the_record_and_its_middlewares_have_unwound():
    events = []

    async def outer(ctx):
        try:
            yield
        finally:
            events.append("finally")

    with TargetServer() as target, ProxyServer(target, middlewares=[outer]) as proxy:
        gate = target.gate()
        target.on().reply(200).hold(gate)
        with socket.create_connection((proxy.host, proxy.port), timeout=5) as client:
            client.sendall(b"GET /left HTTP/1.1\r\nHost: a\r\n\r\n")
            gate.wait_for_held()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        [exchange] = proxy.exchanges.wait_for()

    assert isinstance(exchange.error, ClientLeft)
    assert exchange.response is None
    assert exchange.reached_target
    assert exchange.trace.left == ["outer"]
    assert events == ["finally"]
    assert proxy.troubles == ()


# What middlewares do.


def test_what_middlewares_left_in_the_state_is_on_the_record(proxy):
    async def authenticate(ctx):
        ctx.state["user"] = "ada"
        yield

    proxy.use(authenticate)
    proxy.on().reply(204)
    ask(proxy)

    assert proxy.exchanges.only().state == {"user": "ada"}


def test_states_of_two_requests_do_not_mix(proxy):
    async def count(ctx):
        ctx.state.setdefault("seen", []).append(ctx.request.path)
        yield

    proxy.use(count)
    proxy.on().reply(204)
    ask(proxy, "/a")
    ask(proxy, "/b")

    assert [exchange.state["seen"] for exchange in proxy.exchanges] == [["/a"], ["/b"]]


def test_a_middleware_that_breaks_is_on_the_record_with_its_level(proxy):
    class Broken:
        async def intercept(self, scope, receive, send):
            raise RuntimeError("boom")

    proxy.include("/shops", interceptors=[Broken]).forward("/{id}", to="http://127.0.0.1:9")
    with proxy.expecting(MiddlewareFailed) as troubles:
        answer = ask(proxy, "/shops/7")

    exchange = proxy.exchanges.only()
    assert answer.status == 500
    assert "boom" not in answer.text
    assert exchange.trace["Broken"].level == "/shops"
    assert isinstance(exchange.trace["Broken"].error, RuntimeError)
    assert exchange.troubles == tuple(troubles)
    assert not exchange.legs


def test_a_body_that_a_middleware_streams_and_breaks_is_trouble():
    async def breaking():
        yield b"first"
        raise LookupError("lost")

    async def stream(ctx):
        yield
        ctx.response.set_stream(breaking())

    with TargetServer() as target, ProxyServer(target, middlewares=[stream]) as proxy:
        target.on().reply(text="whole")
        with proxy.expecting(MiddlewareFailed) as troubles:
            assert b"first" in raw(proxy, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")

    assert str(troubles[0]) == "the body that a middleware streams raised LookupError: lost"
    assert isinstance(troubles[0].__cause__, LookupError)
    assert proxy.exchanges.only().response.body == b"first"


def test_path_parameters_of_the_route_are_given_to_middlewares_raw():
    seen = []

    async def look(ctx):
        seen.append(dict(ctx.path_params))
        yield

    with TargetServer() as target:
        target.on().reply(204)
        with ProxyServer(routes=[Forward("/people/{name}", to=target, middlewares=[look])]) as proxy:
            ask(proxy, "/people/a%2Fb")

    assert seen == [{"name": "a%2Fb"}]
