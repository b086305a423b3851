"""1xx responses cross, and whether a client that asks first may send its body is the target's decision."""

import threading

from mockproxy import ProxyContext, ProxyServer, Response, TargetServer
from mockproxy.errors import MalformedMessage, Unmatched
from tests.support.journey import journey
from tests.support.raw import Wire, chunk, message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import answering

OK = b"HTTP/1.1 200 OK"
DONE = message(OK, b"Content-Length: 4", body=b"done")
CONTINUE = message(b"HTTP/1.1 100 Continue")
HINTS = message(b"HTTP/1.1 103 Early Hints", b"Link: </a.css>; rel=preload", b"Link: </b.css>; rel=preload")
GET = message(b"GET / HTTP/1.1", b"Host: t")
EXPECTING = message(b"POST / HTTP/1.1", b"Host: t", b"Expect: 100-continue", b"Content-Length: 4")


def test_early_hints_cross_before_the_answer_and_both_are_recorded() -> None:
    with journey(answering(HINTS + DONE)) as (client, proxy, _):
        client.send(GET)
        assert client.response().raw == HINTS
        assert client.response().raw == DONE
        exchange = proxy.exchanges.only()
        for response in (exchange.response, exchange.upstream.response):
            (hints,) = response.informational
            assert hints.status == 103
            assert hints.headers.all("Link") == ["</a.css>; rel=preload", "</b.css>; rel=preload"]
            assert response.status == 200


def test_early_hints_cross_at_once() -> None:
    go = threading.Event()

    def script(peer: Wire) -> None:
        peer.message()
        peer.send(HINTS)
        assert go.wait(5)
        peer.send(DONE)

    with journey(script) as (client, _, _):
        client.send(GET)
        assert client.response().status == 103
        go.set()
        assert client.response().status == 200


def test_several_interim_responses_cross_in_order() -> None:
    interim = [message(b"HTTP/1.1 102 Processing"), HINTS, message(b"HTTP/1.1 199 Odd", b"X: 1")]
    with journey(answering(b"".join(interim) + DONE)) as (client, proxy, _):
        client.send(GET)
        assert [client.response().raw for _ in range(3)] == interim
        assert client.response().body == b"done"
        assert [head.status for head in proxy.exchanges.only().response.informational] == [102, 103, 199]


def test_fields_of_the_connection_do_not_cross_in_an_interim_response() -> None:
    hints = message(b"HTTP/1.1 103 Early Hints", b"Connection: X-Hop", b"X-Hop: 1", b"Link: </a>")
    with journey(answering(hints + DONE)) as (client, proxy, _):
        client.send(GET)
        assert client.response().fields == [(b"Link", b"</a>")]
        assert client.response().raw == DONE
        exchange = proxy.exchanges.only()
        assert exchange.upstream.response.informational[0].headers.get("X-Hop") == "1"
        assert exchange.response.informational[0].headers.items() == [("Link", "</a>")]


def test_a_client_of_http_1_0_gets_no_interim_response() -> None:
    with journey(answering(HINTS + DONE)) as (client, proxy, _):
        client.send(message(b"GET / HTTP/1.0"))
        assert client.response().status == 200
        exchange = proxy.exchanges.only()
        assert len(exchange.upstream.response.informational) == 1
        assert exchange.response.informational == ()


def test_an_interim_response_to_head_is_no_answer() -> None:
    with journey(answering(HINTS + message(OK, b"Content-Length: 600"))) as (client, _, _):
        client.send(message(b"HEAD / HTTP/1.1", b"Host: t"))
        assert client.response("HEAD").status == 103
        assert client.response("HEAD").status == 200


# 100-continue.


def test_the_target_lets_the_client_send() -> None:
    def script(peer: Wire) -> None:
        peer.head()
        peer.send(CONTINUE)
        assert peer.exactly(4) == b"body"
        peer.send(DONE)

    with journey(script) as (client, proxy, origin):
        client.send(EXPECTING)
        assert client.response("POST").raw == CONTINUE
        client.send(b"body")
        assert client.response("POST").body == b"done"
        assert origin.request.all(b"Expect") == [b"100-continue"]
        exchange = proxy.exchanges.only()
        assert exchange.request.body == exchange.upstream.request.body == b"body"
        assert [head.status for head in exchange.response.informational] == [100]


def test_a_refusal_instead_of_100_reaches_the_client_which_never_sends() -> None:
    def script(peer: Wire) -> None:
        peer.head()
        peer.send(message(b"HTTP/1.1 413 Too Large", b"Content-Length: 3", body=b"big"))
        peer.rest()

    with journey(script) as (client, proxy, origin):
        client.send(EXPECTING)
        answer = client.response("POST")
        assert (answer.status, answer.body) == (413, b"big")
        assert answer.all(b"Connection") == [b"close"]
        assert client.rest() == b""
        assert origin.ending(within=2) in ("FIN", "RST")
        exchange = proxy.exchanges.only()
        assert exchange.request.body == b""
        assert exchange.response.informational == ()
        assert exchange.error is None


def test_a_final_success_instead_of_100_closes_the_connection() -> None:
    def script(peer: Wire) -> None:
        peer.head()
        peer.send(DONE)
        peer.rest()

    with journey(script) as (client, proxy, _):
        client.send(EXPECTING)
        answer = client.response("POST")
        assert (answer.body, answer.all(b"Connection")) == (b"done", [b"close"])
        assert client.rest() == b""
        assert proxy.exchanges.only().request.body == b""


def test_a_client_that_does_not_wait_for_100_is_served() -> None:
    with journey(answering(CONTINUE + DONE)) as (client, proxy, origin):
        client.send(EXPECTING, b"body")
        assert [client.response("POST").status, client.response("POST").status] == [100, 200]
        assert origin.request.body == b"body"
        assert proxy.exchanges.only().request.body == b"body"


def test_a_target_that_never_says_100_to_a_client_that_does_not_wait_is_fine() -> None:
    with journey(answering(DONE)) as (client, proxy, origin):
        client.send(EXPECTING, b"body", GET)
        assert client.response("POST").body == b"done"
        assert client.response("GET").body == b"done"
        assert [request.body for request in origin.requests] == [b"body", b""]
        assert len(proxy.exchanges) == 2


def test_a_target_that_says_neither_100_nor_anything_else_is_late() -> None:
    def script(peer: Wire) -> None:
        peer.head()
        peer.rest()

    with journey(script, timeout=0.1) as (client, proxy, _):
        client.send(EXPECTING)
        assert client.response("POST").status == 504
        assert proxy.exchanges.only().request.body == b""


def test_a_chunked_upload_may_wait_for_100() -> None:
    def script(peer: Wire) -> None:
        peer.head()
        peer.send(CONTINUE)
        assert peer.until(b"0\r\n\r\n") == chunk(b"body") + b"0\r\n\r\n"
        peer.send(DONE)

    with journey(script) as (client, proxy, _):
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"expect: 100-Continue", b"Transfer-Encoding: chunked"))
        assert client.response("POST").status == 100
        client.send(chunk(b"body"), b"0\r\n\r\n")
        assert client.response("POST").status == 200
        assert proxy.exchanges.only().request.body == b"body"


def test_a_body_that_turns_out_malformed_behind_100_is_refused() -> None:
    def script(peer: Wire) -> None:
        peer.head()
        peer.send(CONTINUE)
        peer.rest()

    with journey(script) as (client, proxy, _), proxy.expecting(MalformedMessage):
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Expect: 100-continue", b"Transfer-Encoding: chunked"))
        assert client.response("POST").status == 100
        client.send(b"bad\n")
        assert client.response("POST").status == 400
        assert client.rest() == b""


def test_a_client_of_http_1_0_is_not_made_to_wait() -> None:
    with journey(answering(CONTINUE + DONE)) as (client, _, _):
        client.send(message(b"POST / HTTP/1.0", b"Expect: 100-continue", b"Content-Length: 4", body=b"body"))
        assert client.response("POST").status == 200


def test_an_expectation_without_a_body_is_passed_on() -> None:
    with journey(answering(DONE)) as (client, _, origin):
        client.send(message(b"POST / HTTP/1.1", b"Host: t", b"Expect: 100-continue", b"Content-Length: 0"))
        assert client.response("POST").status == 200
        assert origin.request.all(b"Expect") == [b"100-continue"]


async def reads_the_body(ctx: ProxyContext):
    ctx.state["body"] = await ctx.request.read()
    yield


def test_a_middleware_that_reads_the_body_lets_the_client_send_it() -> None:
    with journey(answering(DONE), middlewares=[reads_the_body]) as (client, proxy, origin):
        client.send(EXPECTING)
        assert client.response("POST").raw == CONTINUE
        client.send(b"body")
        assert client.response("POST").status == 200
        assert origin.request.body == b"body"
        assert origin.request.all(b"Expect") == []
        assert proxy.exchanges.only().state["body"] == b"body"


async def answers_401(ctx: ProxyContext):
    ctx.answer(Response(401, body=b"no"))
    yield


def test_a_middleware_that_answers_never_lets_the_client_send() -> None:
    with journey(answering(DONE), middlewares=[answers_401]) as (client, proxy, origin):
        client.send(EXPECTING)
        answer = client.response("POST")
        assert (answer.status, answer.all(b"Connection")) == (401, [b"close"])
        assert client.rest() == b""
        assert origin.connections == []
        assert proxy.exchanges.only().trace.answered_by == "answers_401"


def test_a_stub_that_is_chosen_by_its_body_lets_the_client_send_it() -> None:
    with ProxyServer() as proxy, RawClient(proxy.url) as client:
        proxy.on("POST", "/", body=b"body").reply(text="chosen")
        client.send(EXPECTING)
        assert client.response("POST").raw == CONTINUE
        client.send(b"body")
        assert client.response("POST").body == b"chosen"


def test_a_target_server_lets_the_client_send_where_it_has_an_answer() -> None:
    with TargetServer() as target, RawClient(target.url) as client:
        target.on("POST", "/").reply(text="done")
        client.send(EXPECTING)
        assert client.response("POST").raw == CONTINUE
        client.send(b"body")
        assert client.response("POST").body == b"done"
        assert target.exchanges.only().request.body == b"body"


def test_a_target_server_refuses_by_the_head_where_it_can() -> None:
    with TargetServer() as target, RawClient(target.url) as client, target.expecting(Unmatched):
        target.on("GET", "/")
        client.send(EXPECTING)
        assert client.response("POST").status == 501
        assert client.rest() == b""
        assert target.exchanges.only().request.body == b""
