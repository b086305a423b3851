"""Interceptors on the levels of a proxy, those of other frameworks among them."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import lilya.requests
import pytest
import starlette.requests
from ravyn import RavynInterceptor
from ravyn.exceptions import HTTPException, NotAuthorized

from mockproxy import Forward, Include, ProxyServer, TargetServer
from mockproxy.errors import MiddlewareFailed
from tests.support.asking import ask


@pytest.fixture
def target():
    with TargetServer() as target:
        target.on().reply_with(lambda request: request.body or request.path)
        yield target


class Tag:
    def __init__(self, name):
        self.name = name

    async def intercept(self, scope, receive, send): ...


def test_the_order_is_that_of_the_levels_and_the_same_for_each_request(target):
    route = Forward("/r", to=target, interceptors=[Tag("r1"), Tag("r2")])
    include = Include("/t", routes=[route], interceptors=[Tag("t1")])
    with ProxyServer(interceptors=[Tag("a1"), Tag("a2")], routes=[include]) as proxy:
        for _ in range(3):
            ask(proxy, "/t/r")

    order = ["a1", "a2", "t1", "r1", "r2"]
    assert [exchange.trace.entered for exchange in proxy.exchanges] == [order] * 3
    assert [step.level for step in proxy.exchanges[0].trace] == ["", "", "/t", "/t/r", "/t/r"]
    assert all(len(exchange.legs) == 1 for exchange in proxy.exchanges)


class Rewriting:
    async def intercept(self, scope, receive, send):
        scope["path_params"]["name"] = "intercept"
        scope["path"], scope["raw_path"] = "/hello/other", b"/hello/other"


class Looking:
    def __init__(self):
        self.seen = None

    async def intercept(self, scope, receive, send):
        self.seen = scope["path"], scope["path_params"]["name"]


@pytest.mark.parametrize("level", ["proxy", "include", "forward"])
def test_a_rewrite_is_what_later_interceptors_see_and_what_is_forwarded(target, level):
    looking = Looking()
    on = {each: [Rewriting] if each == level else [] for each in ("proxy", "include", "forward")}
    route = Forward("/{name}", to=target, interceptors=[*on["forward"], looking])
    include = Include("/hello", routes=[route], interceptors=on["include"])
    with ProxyServer(interceptors=on["proxy"], routes=[include]) as proxy:
        assert ask(proxy, "/hello/real").text == "/hello/other"

    assert looking.seen == ("/hello/other", "intercept")
    changes = proxy.exchanges.only().trace["Rewriting"].changes
    assert changes.path == ("/hello/real", "/hello/other")
    assert changes.path_params == {"name": ("real", "intercept")}


def test_a_path_parameter_is_written_into_the_path_that_is_forwarded(target):
    class Naming:
        async def intercept(self, scope, receive, send):
            scope["path_params"]["name"] = "grace hopper"

    route = Forward("/people/{name}", to=target, path="/users/{name}", interceptors=[Naming])
    with ProxyServer(routes=[route]) as proxy:
        ask(proxy, "/people/ada?x=1&x=2")

    assert proxy.exchanges.only().upstream.request.raw_target == "/users/grace%20hopper?x=1&x=2"


class Unauthorized(Exception):
    status_code = 401


class CookieInterceptor:
    """As in the documentation of Esmerald, and safe where there is no cookie."""

    async def intercept(self, scope, receive, send):
        cookies = starlette.requests.Request(scope, receive).cookies
        if not cookies.get("max_length", "").isdigit():
            raise Unauthorized


@pytest.mark.parametrize(
    ("cookie", "status", "hits"), [("max_length=5", 200, 1), ("max_length=five", 401, 0), ("", 401, 0)]
)
def test_a_refusal_reaches_no_target(target, cookie, status, hits):
    with ProxyServer(target, interceptors=[CookieInterceptor]) as proxy:
        assert ask(proxy, headers={"Cookie": cookie}).status == status

    assert len(target.exchanges) == hits


def test_one_that_breaks_is_recorded_with_level_name_and_exception(target):
    class Broken:
        async def intercept(self, scope, receive, send):
            raise RuntimeError("boom")

    include = Include("/t", routes=[Forward("/r", to=target, interceptors=[Tag("later")])], interceptors=[Broken])
    with ProxyServer(routes=[include]) as proxy, proxy.expecting(MiddlewareFailed):
        answer = ask(proxy, "/t/r")

    assert (answer.status, "boom" in answer.text) == (500, False)
    [step] = proxy.exchanges.only().trace
    assert (step.level, step.name, str(step.error)) == ("/t", "Broken", "boom")
    assert len(target.exchanges) == 0


def test_one_that_answers_ends_the_chain(target):
    class Teapot:
        async def intercept(self, scope, receive, send):
            await send({"type": "http.response.start", "status": 418, "headers": []})
            await send({"type": "http.response.body", "body": b"short and stout"})

    with ProxyServer(target, interceptors=[Teapot, Tag("later")]) as proxy:
        answer = ask(proxy)

    assert (answer.status, answer.text) == (418, "short and stout")
    trace = proxy.exchanges.only().trace
    assert (trace.entered, trace.answered_by, trace.not_reached) == (["Teapot"], "Teapot", ["later"])
    assert len(target.exchanges) == 0


def test_one_on_a_branch_runs_for_that_branch_alone(target):
    with ProxyServer(
        routes=[Forward("/a", to=target, interceptors=[Tag("a")]), Forward("/b", to=target)],
    ) as proxy:
        ask(proxy, "/a")
        ask(proxy, "/b")

    assert [exchange.trace.entered for exchange in proxy.exchanges] == [["a"], []]


def test_two_proxies_in_front_of_one_target_do_not_share_interceptors(target):
    with ProxyServer(target, interceptors=[Tag("first")]) as first, ProxyServer(target) as second:
        ask(first)
        ask(second)

    assert first.exchanges.only().trace.entered == ["first"]
    assert second.exchanges.only().trace.entered == []


def test_a_list_that_is_changed_afterwards_changes_nothing(target):
    given = [Tag("first")]
    with ProxyServer(target, interceptors=given) as proxy:
        given.append(Tag("second"))
        ask(proxy)

    assert proxy.exchanges.only().trace.entered == ["first"]


@pytest.mark.parametrize(
    ("left", "finding"),
    [
        ({}, "path template '/v2/{id}' needs 'id', and only [] are given"),
        ({"id": ""}, "the path parameter 'id' is empty"),
    ],
)
def test_trouble_with_a_path_parameter_names_who_changed_it_and_its_place(target, left, finding):
    class Taking:
        async def intercept(self, scope, receive, send):
            scope["path_params"] = left

    route = Forward("/{id}", to=target, path="/v2/{id}", interceptors=[Tag("other"), Taking])
    with (
        ProxyServer(routes=[Include("/shop", routes=[route])]) as proxy,
        proxy.expecting(MiddlewareFailed) as troubles,
    ):
        assert ask(proxy, "/shop/7").status == 500

    [trouble] = troubles
    assert finding in str(trouble)
    who = "Taking (client edge, level '/shop/{id}')"
    assert str(trouble).endswith(f"; {who} has changed the path parameter 'id'")
    assert trouble.place == proxy.exchanges.only().trace["Taking"].place


# Interceptors of Ravyn, as they are.


class Denying(RavynInterceptor):
    async def intercept(self, scope, receive, send):
        raise NotAuthorized(detail="members only")


class Conflicting(RavynInterceptor):
    async def intercept(self, scope, receive, send):
        raise HTTPException(status_code=409, detail="taken already", headers={"X-Reason": "taken"})


class Adding(RavynInterceptor):
    async def intercept(self, scope, receive, send):
        scope["headers"] = [*scope["headers"], (b"x-tenant", b"acme")]


@pytest.mark.parametrize(
    ("interceptor", "status", "detail"), [(Denying, 401, "members only"), (Conflicting, 409, "taken already")]
)
def test_an_error_of_ravyn_is_answered_with_its_status(target, interceptor, status, detail):
    with ProxyServer(target, interceptors=[interceptor]) as proxy:
        answer = ask(proxy)

    assert (answer.status, detail in answer.text) == (status, True)
    assert answer.all("X-Reason") == (["taken"] if status == 409 else [])
    exchange = proxy.exchanges.only()
    assert exchange.trace.answered_by == interceptor.__name__
    assert exchange.troubles == ()


@pytest.mark.parametrize("given", [Adding, Adding()])
def test_an_interceptor_of_ravyn_runs_unchanged_on_every_level(target, given):
    include = Include("/t", routes=[Forward("/r", to=target, interceptors=[given])], interceptors=[given])
    with ProxyServer(interceptors=[given], routes=[include]) as proxy:
        ask(proxy, "/t/r")

    assert target.exchanges.only().request.headers.all("X-Tenant") == ["acme"] * 3


# Bodies.


@pytest.mark.parametrize("request_class", [starlette.requests.Request, lilya.requests.Request])
def test_a_body_that_a_request_of_a_framework_has_read_still_reaches_the_target(target, request_class):
    bodies = []

    class Reading:
        async def intercept(self, scope, receive, send):
            bodies.append(await request_class(scope, receive).json())

    with ProxyServer(target, interceptors=[Reading]) as proxy:
        answer = ask(proxy, method="POST", body=b'{"n": 1}', headers={"Content-Type": "application/json"})

    assert answer.body == b'{"n": 1}'
    assert bodies == [{"n": 1}]


def test_several_may_each_read_the_whole_of_a_large_body(target):
    sizes = []

    class Reading:
        async def intercept(self, scope, receive, send):
            sizes.append(len(await starlette.requests.Request(scope, receive).body()))

    body = b"x" * 300_000
    include = Include(routes=[Forward("/r", to=target, interceptors=[Reading])], interceptors=[Reading])
    with ProxyServer(interceptors=[Reading], routes=[include]) as proxy:
        assert ask(proxy, "/r", "POST", body=body).body == body

    assert sizes == [300_000] * 3


def test_a_body_that_an_interceptor_did_not_wait_for_still_reaches_the_target(target):
    class Impatient:
        async def intercept(self, scope, receive, send):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await receive()
            given_up.set()

    given_up = threading.Event()
    with (
        ProxyServer(target, interceptors=[Impatient]) as proxy,
        socket.create_connection((proxy.host, proxy.port), timeout=5) as client,
    ):
        client.sendall(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nfir")
        assert given_up.wait(5)
        client.sendall(b"st!")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")

    assert proxy.exchanges.only().request.body == target.exchanges.only().request.body == b"first!"


def test_what_an_interceptor_leaves_in_its_scope_is_there_further_inside(target):
    seen = []

    class Identifying:
        async def intercept(self, scope, receive, send):
            scope["user"] = "ada"
            scope["scheme"] = "https"

    class Using:
        async def intercept(self, scope, receive, send):
            seen.append((starlette.requests.Request(scope).url.scheme, scope["user"]))

    route = Forward("/r", to=target, interceptors=[Using])
    with ProxyServer(routes=[route], interceptors=[Identifying]) as proxy:
        ask(proxy, "/r")
        ask(proxy, "/r")

    assert seen == [("https", "ada")] * 2


@pytest.mark.parametrize("given", ["class", "instance"])
def test_a_hundred_requests_at_once_are_not_mixed(target, given):
    class Marking:
        async def intercept(self, scope, receive, send):
            mark = (await receive())["body"]
            await asyncio.sleep(0.001)
            scope["headers"].append((b"x-mark", mark))
            scope["path_params"]["mark"] = scope["state"]["mark"] = mark.decode()

    one = Marking if given == "class" else Marking()
    route = Forward("/{mark}", to=target, path="/marks/{mark}", interceptors=[one])
    with ProxyServer(routes=[route], interceptors=[one]) as proxy, ThreadPoolExecutor(10) as pool:
        marks = [b"%d" % number for number in range(100)]
        assert list(pool.map(lambda mark: ask(proxy, "/any", "POST", body=mark).body, marks)) == marks

    for exchange in proxy.exchanges:
        mark = exchange.request.text
        sent = exchange.upstream.request
        assert (exchange.state, sent.path, sent.text) == ({"mark": mark}, f"/marks/{mark}", mark)
        assert sent.headers.all("X-Mark") == [mark] * 2
