"""Middlewares between real sockets: who ran, who answered, and what the target and the client got of it."""

import asyncio
import json
import time

import pytest
from aiohttp import web

from mockproxy import Forward, Include, Phase, ProxyContext, ProxyServer, Response, TargetServer
from mockproxy.credentials import TokenIssuer
from mockproxy.errors import MiddlewareFailed, UpstreamError
from mockproxy.middleware import AddHeader, RequireApiKey, RequireBearer, RewritePath
from tests.support.journey import journey
from tests.support.raw import Wire, chunk, message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import RawOrigin, answering, answering_once

OK = b"HTTP/1.1 200 OK"
EMPTY = message(OK, b"Content-Length: 0")
GET = message(b"GET / HTTP/1.1", b"Host: t")


def noting(name: str, events: list[str]):
    async def note(ctx: ProxyContext):
        events.append(f"pre {name}")
        if name == "A":
            await asyncio.sleep(0.02)
        yield
        events.append(f"post {name}")

    note.__name__ = name
    return note


def test_phases_run_from_the_client_to_the_target_and_back() -> None:
    events: list[str] = []

    def script(peer: Wire) -> None:
        peer.message()
        events.append("target")
        peer.send(EMPTY)

    with journey(script) as (client, proxy, _):
        for name, phase in (("T", Phase.TARGET_EDGE), ("C", Phase.CLIENT_EDGE), ("P", Phase.PROXY)):
            proxy.use(noting(name, events), phase=phase)
        client.send(GET)
        assert client.response().status == 200
        assert events == ["pre C", "pre P", "pre T", "target", "post T", "post P", "post C"]
        trace = proxy.exchanges.only().trace
        assert (trace.entered, trace.left) == (["C", "P", "T"], ["T", "P", "C"])
        assert [step.phase for step in trace] == [Phase.CLIENT_EDGE, Phase.PROXY, Phase.TARGET_EDGE]


def test_one_phase_keeps_the_order_of_registration_though_the_first_is_slow() -> None:
    events: list[str] = []
    with journey(answering(EMPTY), middlewares=[noting(name, events) for name in "ABC"]) as (client, proxy, _):
        client.send(GET)
        client.response()
        assert events == ["pre A", "pre B", "pre C", "post C", "post B", "post A"]
        trace = proxy.exchanges.only().trace
        assert (trace.entered, trace.left) == (["A", "B", "C"], ["C", "B", "A"])


def test_one_that_answers_is_named_and_those_behind_it_are_not_reached() -> None:
    async def answers(ctx: ProxyContext):
        ctx.answer(Response(418, body=b"short"))
        yield

    events: list[str] = []
    chain = [noting("A", events), answers, noting("C", events)]
    with journey(answering(EMPTY), middlewares=chain) as (client, proxy, origin):
        client.send(GET)
        assert (client.response().status, origin.connections) == (418, [])
        assert events == ["pre A", "post A"]
        trace = proxy.exchanges.only().trace
        assert trace.answered_by == "answers"
        assert trace.not_reached == ["C"]
        assert trace.left == ["answers", "A"]


ISSUER = TokenIssuer()
REFUSED = {
    "none": [],
    "Basic": [b"Authorization: Basic YTpi"],
    "empty": [b"Authorization:"],
    "Bearer without a token": [b"Authorization: Bearer "],
    "no JWT": [b"Authorization: Bearer x"],
    "expired": [b"Authorization: Bearer " + ISSUER.expired(sub="a").encode()],
    "not yet valid": [b"Authorization: Bearer " + ISSUER.not_yet_valid(sub="a").encode()],
    "forged": [b"Authorization: Bearer " + ISSUER.forged(sub="a").encode()],
    "unsigned": [b"Authorization: Bearer " + ISSUER.unsigned(sub="a").encode()],
    "two of them": [b"Authorization: Bearer " + ISSUER.token(sub=sub).encode() for sub in "ab"],
    "octets above 127": [b"Authorization: Bearer \xe9\xff"],
}


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED.keys())
def test_a_request_without_a_good_token_never_reaches_the_target(fields: list[bytes]) -> None:
    with journey(answering(EMPTY), middlewares=[RequireBearer(ISSUER)]) as (client, proxy, origin):
        client.send(message(b"GET / HTTP/1.1", b"Host: t", *fields))
        answer = client.response()
        assert answer.status == 401
        assert (answer.first(b"WWW-Authenticate") or b"").startswith(b"Bearer ")
        assert origin.connections == []
        exchange = proxy.exchanges.only()
        assert exchange.response.status == 401
        assert not exchange.reached_target
        assert exchange.trace.answered_by == "RequireBearer"


def test_a_good_token_lets_the_request_pass() -> None:
    token = ISSUER.token(sub="ada").encode()
    with journey(answering(EMPTY), middlewares=[RequireBearer(ISSUER)]) as (client, proxy, origin):
        client.send(message(b"GET / HTTP/1.1", b"Host: t", b"authorization: bearer " + token))
        assert client.response().status == 200
        assert origin.request.all(b"Authorization") == [b"bearer " + token]
        assert proxy.exchanges.only().request.authorization.claims["sub"] == "ada"


async def guards_everything(ctx: ProxyContext):
    try:
        yield
    except Exception:  # noqa: BLE001 - what such middlewares do
        raise web.HTTPUnauthorized from None


async def forbids(ctx: ProxyContext):
    raise web.HTTPForbidden(text="inner")
    yield


def test_an_outer_except_around_yield_does_not_turn_an_inner_403_into_401() -> None:
    with journey(answering(EMPTY), middlewares=[guards_everything, forbids]) as (client, proxy, origin):
        client.send(GET)
        answer = client.response()
        assert (answer.status, answer.body) == (403, b"inner")
        assert origin.connections == []
        assert proxy.exchanges.only().trace.answered_by == "forbids"


def test_an_outer_except_around_yield_does_not_turn_a_dead_target_into_401() -> None:
    with RawOrigin(answering(EMPTY)) as origin:
        gone = origin.url
    with ProxyServer(gone, middlewares=[guards_everything]) as proxy, RawClient(proxy.url) as client:
        client.send(GET)
        assert client.response().status == 502
        assert isinstance(proxy.exchanges.only().error, UpstreamError)


def test_a_middleware_that_raises_tells_the_client_nothing_and_fails_the_test() -> None:
    async def breaks(ctx: ProxyContext):
        raise RuntimeError("boom")
        yield

    with journey(answering(EMPTY), middlewares=[breaks]) as (client, proxy, origin):
        with proxy.expecting(MiddlewareFailed) as troubles:
            client.send(GET, GET)
            answer = client.response()
            assert answer.status == 500
            assert b"boom" not in answer.raw
            assert client.response().status == 500
        assert origin.connections == []
        assert "boom" in str(troubles[0])


def test_a_wrapping_middleware_that_calls_again_makes_a_second_leg() -> None:
    async def retry_once(ctx: ProxyContext, call_next):
        response = await call_next()
        return await call_next() if response.status == 503 else response

    busy = message(
        b"HTTP/1.1 503 Busy", b"Retry-After: 1", b"Transfer-Encoding: chunked", body=chunk(b"x") + b"0\r\n\r\n"
    )
    with journey(answering(busy, EMPTY), middlewares=[retry_once]) as (client, proxy, origin):
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 4", body=b"body"))
        assert client.response().status == 200
        assert [request.body for request in origin.requests] == [b"body", b"body"]
        exchange = proxy.exchanges.only()
        assert [leg.response.status for leg in exchange.legs] == [503, 200]
        assert [leg.request.body for leg in exchange.legs] == [b"body", b"body"]


def test_a_refused_request_leaves_the_connection_usable() -> None:
    with journey(answering(EMPTY), middlewares=[RequireApiKey("key")]) as (client, proxy, origin):
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 4", body=b"body"))
        assert client.response().status == 401
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"X-API-Key: key", b"Content-Length: 4", body=b"more"))
        assert client.response().status == 200
        assert origin.request.body == b"more"
        assert [exchange.request.body for exchange in proxy.exchanges] == [b"body", b"more"]


def test_a_client_that_waits_for_its_refusal_before_it_sends_gets_it() -> None:
    with journey(answering(EMPTY), middlewares=[RequireApiKey("key")]) as (client, proxy, _):
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Content-Length: 4"))
        assert client.response().status == 401
        assert proxy.exchanges.only().request.body == b""


def test_rows_behind_a_rewriting_gateway_are_created_changed_deleted_and_gone() -> None:
    with TargetServer() as target:
        target.resource("/internal/users")
        with ProxyServer(target) as proxy, RawClient(proxy.url) as client:
            proxy.use(RewritePath("/v1/users", "/internal/users"))
            proxy.use(RewritePath("/v1/users/{id}", "/internal/users/{id}"))

            def ask(method: str, path: str, row: object = None) -> int:
                body = b"" if row is None else json.dumps(row).encode()
                client.send(
                    message(
                        f"{method} {path} HTTP/1.1".encode(),
                        b"Host: t",
                        b"Content-Type: application/json",
                        b"Content-Length: %d" % len(body),
                        body=body,
                    )
                )
                return client.response(method).status

            assert ask("POST", "/v1/users", {"id": 7, "name": "Ada"}) == 201
            assert ask("PUT", "/v1/users/7", {"id": 7, "name": "Grace"}) == 200
            assert ask("DELETE", "/v1/users/7") in (200, 204)
            assert ask("GET", "/v1/users/7") == 404
            assert [exchange.request.path for exchange in proxy.exchanges][1:] == ["/v1/users/7"] * 3
            assert [exchange.request.path for exchange in target.exchanges][1:] == ["/internal/users/7"] * 3


def test_a_hundred_requests_at_once_do_not_mix() -> None:
    """All hundred are in flight together: the target answers none before it has seen them all."""

    async def remembers(ctx: ProxyContext):
        number = ctx.request.headers["X-Number"]
        ctx.state["number"] = number
        yield
        ctx.response.headers["X-State"] = ctx.state["number"]

    with TargetServer() as target:
        gate = target.gate()

        @target.on("POST", "/{number}").hold(gate).reply_with
        def echo(request, number: str) -> Response:
            return Response(200, headers={"X-Number": request.headers["X-Number"]}, body=request.body)

        with ProxyServer(target, middlewares=[remembers]) as proxy:
            clients = [RawClient(proxy.url) for _ in range(100)]
            for number, client in enumerate(clients):
                body = b"body %d " % number * 100
                client.send(
                    message(
                        b"POST /%d HTTP/1.1" % number,
                        b"Host: t",
                        b"X-Number: %d" % number,
                        b"Content-Length: %d" % len(body),
                        body=body,
                    )
                )
            gate.wait_for_held(100)
            gate.open()
            for number, client in enumerate(clients):
                with client:
                    answer = client.response()
                    assert answer.body == b"body %d " % number * 100
                    assert answer.all(b"X-Number") == answer.all(b"X-State") == [b"%d" % number]
            assert len({exchange.upstream.connection for exchange in proxy.exchanges}) == 100
            for exchange in proxy.exchanges:
                number = exchange.request.path[1:]
                assert exchange.state == {"number": number}
                assert exchange.response.text == f"body {number} " * 100


def test_two_targets_see_only_what_is_theirs() -> None:
    with RawOrigin(answering(EMPTY)) as shop, RawOrigin(answering(EMPTY)) as bank:
        routes = [
            Include("/shop", routes=[Forward("/{rest:.*}", to=shop.url)], middlewares=[AddHeader("X-Key", "shop")]),
            Forward("/bank/{rest:.*}", to=bank.url, path="/{rest}", middlewares=[AddHeader("X-Key", "bank")]),
        ]
        with ProxyServer(routes=routes) as proxy, RawClient(proxy.url) as client:
            client.send(message(b"GET /shop/a HTTP/1.1", b"Host: t"), message(b"GET /bank/b?c HTTP/1.1", b"Host: t"))
            assert [client.response().status, client.response().status] == [200, 200]
            assert (shop.request.target, shop.request.all(b"X-Key")) == (b"/shop/a", [b"shop"])
            assert (bank.request.target, bank.request.all(b"X-Key")) == (b"/b?c", [b"bank"])
            assert bank.request.all(b"Host") == [bank.authority.encode()]


def test_finally_blocks_have_run_before_the_client_is_answered() -> None:
    done: list[str] = []

    async def cleans_up(ctx: ProxyContext):
        try:
            yield
        finally:
            await asyncio.sleep(0.01)
            done.append("cleaned")

    with journey(answering_once(b"garbage\r\n"), middlewares=[cleans_up]) as (client, _, _):
        client.send(GET)
        assert client.response().status == 502
        assert done == ["cleaned"]


# What a middleware says of a body that is not so.


def declaring(*lengths: str, transfer: str | None = None):
    async def declare(ctx):
        del ctx.request.headers["Content-Length"]
        for length in lengths:
            ctx.request.headers.add("Content-Length", length)
        if transfer is not None:
            ctx.request.headers["Transfer-Encoding"] = transfer
        yield

    return declare


@pytest.mark.parametrize("sent_at_once", [True, False])
@pytest.mark.parametrize(
    ("middleware", "finding"),
    [
        (declaring("3"), "declares Content-Length: 3, and the body has"),
        (declaring("30"), "declares Content-Length: 30, and the body has 10 octets"),
        (declaring("10", "10"), "Content-Length: 10, 10 is not one number"),
        (declaring("ten"), "Content-Length: ten is not one number"),
        (declaring("10", transfer="chunked"), "both Content-Length and Transfer-Encoding"),
    ],
)
def test_a_request_that_would_be_read_in_two_ways_is_not_sent(middleware, finding, sent_at_once):
    head = message(b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 10")
    with journey(answering(EMPTY), middlewares=[middleware]) as way:
        with way.proxy.expecting(MiddlewareFailed) as troubles:
            for piece in [head + bytes(10)] if sent_at_once else [head, bytes(5), bytes(5)]:
                way.client.send(piece)
                time.sleep(0.02)
            assert way.client.response().status == 500
        assert finding in str(troubles[0])
    assert len(way.origin.requests) == 0


def test_a_reply_of_the_proxy_gets_the_parameters_that_middlewares_left():
    async def rename(ctx):
        ctx.path_params["name"] = "grace"
        yield

    with ProxyServer(middlewares=[rename]) as proxy, RawClient(proxy.url) as client:
        proxy.on("GET", "/users/{name}").reply_with(lambda request, name: name)
        client.send(message(b"GET /users/ada HTTP/1.1", b"Host: h"))
        assert client.response().body == b"grace"
