"""Header fields cross in order, with their case, repeats and octets; those of a connection stay on it."""

import pytest

from mockproxy import Forward, ProxyContext, ProxyServer
from mockproxy.middleware import AddHeader
from tests.support.journey import journey
from tests.support.raw import message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import RawOrigin, answering

NO_CONTENT = message(b"HTTP/1.1 204 No Content")
GET = b"GET / HTTP/1.1"
HOST = b"Host: front.test"


def test_nothing_is_added_to_a_request_but_the_forwarded_fields() -> None:
    with journey(answering(NO_CONTENT)) as (client, _, origin):
        client.send(message(GET, HOST, b"x-B: 1", b"X-a:2", b"x-b:   3  ", b"Empty:"))
        client.response()
        assert origin.request.fields == [
            (b"Host", origin.authority.encode()),
            (b"x-B", b"1"),
            (b"X-a", b"2"),
            (b"x-b", b"3"),
            (b"Empty", b""),
            (b"X-Forwarded-For", b"127.0.0.1"),
            (b"X-Forwarded-Host", b"front.test"),
            (b"X-Forwarded-Proto", b"http"),
        ]


def test_nothing_is_added_to_a_response() -> None:
    reply = message(b"HTTP/1.1 200 Fine by me", b"x-B: 1", b"Set-Cookie: a=1", b"SET-cookie: b=2", b"Content-Length: 0")
    with journey(answering(reply)) as (client, proxy, _):
        client.send(message(GET, HOST))
        assert client.response().raw == reply
        response = proxy.exchanges.only().response
        assert response.reason == "Fine by me"
        assert response.headers.all("set-cookie") == ["a=1", "b=2"]


def test_repeated_fields_cross_both_ways_in_order() -> None:
    reply = message(
        b"HTTP/1.1 200 OK", b"Set-Cookie: a=1; Path=/", b"X-M: 1", b"Set-Cookie: b=2", b"X-M: 2", b"Content-Length: 0"
    )
    with journey(answering(reply)) as (client, proxy, origin):
        client.send(message(GET, HOST, b"Cookie: a=1", b"X-M: 1", b"Cookie: b=2", b"X-M: 2"))
        answer = client.response()
        assert answer.all(b"Set-Cookie") == [b"a=1; Path=/", b"b=2"]
        assert answer.all(b"X-M") == [b"1", b"2"]
        assert origin.request.all(b"Cookie") == [b"a=1", b"b=2"]
        assert origin.request.all(b"X-M") == [b"1", b"2"]
        exchange = proxy.exchanges.only()
        assert exchange.request.cookies == {"a": "1", "b": "2"}
        assert exchange.response.cookies == {"a": "1", "b": "2"}


def test_an_octet_above_127_crosses_both_ways_and_is_recorded_as_bytes_and_as_latin_1() -> None:
    with journey(answering(message(b"HTTP/1.1 200 Tr\xe8s bien", b"X-Ville: Orl\xe9ans", b"Content-Length: 0"))) as (
        client,
        proxy,
        origin,
    ):
        client.send(message(GET, HOST, b"X-Name: Ren\xe9 \xff"))
        answer = client.response()
        assert answer.start == b"HTTP/1.1 200 Tr\xe8s bien"
        assert answer.all(b"X-Ville") == [b"Orl\xe9ans"]
        assert origin.request.all(b"X-Name") == [b"Ren\xe9 \xff"]
        exchange = proxy.exchanges.only()
        assert exchange.upstream.request.headers["X-Name"] == "Ren\xe9 \xff"
        assert (b"X-Name", b"Ren\xe9 \xff") in exchange.request.headers.raw
        assert exchange.response.headers["X-Ville"] == "Orl\xe9ans"
        assert exchange.response.reason == "Tr\xe8s bien"


def test_fields_of_the_clients_connection_do_not_cross() -> None:
    with journey(answering(NO_CONTENT)) as (client, proxy, origin):
        client.send(
            message(
                GET,
                HOST,
                b"Connection: X-Hop, keep-alive, TE",
                b"CONNECTION: x-other-hop",
                b"X-Hop: 1",
                b"x-oTHER-hop: 2",
                b"Keep-Alive: timeout=5",
                b"Proxy-Connection: keep-alive",
                b"Proxy-Authorization: Basic YTpi",
                b"Proxy-Authenticate: Basic",
                b"TE: gzip, trailers;q=0.5",
                b"Upgrade: h2c",
                b"X-End: 3",
            )
        )
        client.response()
        names = [name for name, _ in origin.request.fields]
        assert names == [b"Host", b"X-End", b"X-Forwarded-For", b"X-Forwarded-Host", b"X-Forwarded-Proto"]
        removed = proxy.exchanges.only().upstream.changes.removed
        assert "X-Hop" in removed
        assert "Upgrade" in removed
        assert "X-End" not in removed


def test_a_client_that_takes_trailers_still_does_behind_the_proxy() -> None:
    with journey(answering(NO_CONTENT)) as (client, _, origin):
        client.send(message(GET, HOST, b"Connection: TE", b"TE: deflate, trailers"))
        client.response()
        assert origin.request.all(b"TE") == [b"trailers"]


def test_fields_of_the_targets_connection_do_not_cross() -> None:
    reply = message(
        b"HTTP/1.1 200 OK",
        b"Connection: x-hop, Keep-Alive",
        b"X-Hop: 1",
        b"Keep-Alive: timeout=5",
        b"Proxy-Authenticate: Basic",
        b"Upgrade: h2c",
        b"X-End: 2",
        b"Content-Length: 0",
    )
    with journey(answering(reply)) as (client, proxy, _):
        client.send(message(GET, HOST))
        assert client.response().fields == [(b"X-End", b"2"), (b"Content-Length", b"0")]
        exchange = proxy.exchanges.only()
        assert exchange.upstream.response.headers["X-Hop"] == "1"
        assert "X-Hop" not in exchange.response.headers


@pytest.mark.parametrize("named", [b"Host", b"Content-Length", b"host, content-length"])
def test_fields_that_make_the_message_stay_though_connection_names_them(named: bytes) -> None:
    with journey(answering(NO_CONTENT)) as (client, _, origin):
        client.send(message(b"POST / HTTP/1.1", HOST, b"Connection: " + named, b"Content-Length: 2", body=b"ab"))
        client.response()
        assert origin.request.body == b"ab"
        assert origin.request.all(b"Host") == [origin.authority.encode()]


def test_the_transfer_coding_stays_though_connection_names_it() -> None:
    with journey(answering(NO_CONTENT)) as (client, _, origin):
        client.send(
            message(
                b"POST / HTTP/1.1",
                HOST,
                b"Connection: Transfer-Encoding",
                b"Transfer-Encoding: chunked",
                body=b"2\r\nab\r\n0\r\n\r\n",
            )
        )
        client.response()
        assert origin.request.body == b"ab"


def test_a_client_cannot_remove_a_field_that_the_proxy_adds() -> None:
    with journey(answering(NO_CONTENT), middlewares=[AddHeader("Authorization", "Bearer ours")]) as (client, _, origin):
        client.send(message(GET, HOST, b"Connection: Authorization, close", b"Authorization: Bearer theirs"))
        client.response()
        assert origin.request.all(b"Authorization") == [b"Bearer ours"]


def test_forged_lines_of_an_added_field_are_replaced() -> None:
    with journey(answering(NO_CONTENT), middlewares=[AddHeader("X-API-Key", "ours")]) as (client, proxy, origin):
        client.send(message(GET, HOST, b"X-API-Key: forged", b"x-api-key: forged too"))
        client.response()
        assert origin.request.all(b"X-API-Key") == [b"ours"]
        assert proxy.exchanges.only().request.headers.all("X-API-Key") == ["forged", "forged too"]


def test_the_chain_of_forwarding_proxies_is_kept_whole() -> None:
    with journey(answering(NO_CONTENT)) as (client, _, origin):
        client.send(
            message(
                GET,
                b"Host: front.test:8080",
                b"X-Forwarded-For: 10.0.0.1",
                b"X-Forwarded-Proto: https",
                b"x-forwarded-for: 10.0.0.2, 10.0.0.3",
                b"X-Forwarded-Host: first.test",
            )
        )
        client.response()
        request = origin.request
        assert request.all(b"X-Forwarded-For") == [b"10.0.0.1, 10.0.0.2, 10.0.0.3, 127.0.0.1"]
        assert request.all(b"X-Forwarded-Host") == [b"first.test, front.test:8080"]
        assert request.all(b"X-Forwarded-Proto") == [b"https, http"]
        assert request.all(b"Host") == [origin.authority.encode()]


def test_the_clients_host_and_no_forwarded_fields_where_the_route_says_so() -> None:
    with RawOrigin(answering(NO_CONTENT)) as origin:
        route = Forward("/{rest:.*}", to=origin.url, forwarded=False, preserve_host=True)
        with ProxyServer(routes=[route]) as proxy, RawClient(proxy.url) as client:
            client.send(message(GET, HOST))
            client.response()
            assert origin.request.fields == [(b"Host", b"front.test")]


def test_no_coding_is_asked_for_on_behalf_of_the_client() -> None:
    gzipped = bytes.fromhex("1f8b08000000000000034bcc4b060027ef7d8b02000000")
    reply = message(b"HTTP/1.1 200 OK", b"Content-Encoding: gzip", b"Content-Length: %d" % len(gzipped), body=gzipped)
    with journey(answering(reply)) as (client, proxy, origin):
        client.send(message(GET, HOST))
        assert client.response().raw == reply
        assert origin.request.all(b"Accept-Encoding") == []
        assert proxy.exchanges.only().response.body == gzipped


def test_folded_and_loosely_written_fields_of_a_target_are_mended() -> None:
    """RFC 9112 sections 5.1 and 5.2 ask this of a proxy, for responses alone."""
    reply = message(
        b"HTTP/1.1 200 OK", b"X-Folded: a", b"\t b", b"  c", b"X-Loose  : 1", b"Content-Length\t: 2", body=b"ab"
    )
    with journey(answering(reply)) as (client, proxy, _):
        client.send(message(GET, HOST))
        answer = client.response()
        assert answer.fields == [(b"X-Folded", b"a b c"), (b"X-Loose", b"1"), (b"Content-Length", b"2")]
        assert answer.body == b"ab"
        assert proxy.exchanges.only().upstream.response.raw_head + b"ab" == reply


def test_a_cookie_of_one_client_is_not_sent_for_another() -> None:
    """An intermediary keeps no cookies: on ``localhost``, where a jar would."""
    with RawOrigin(
        answering(message(b"HTTP/1.1 200 OK", b"Set-Cookie: sid=1; Path=/", b"Content-Length: 0"))
    ) as origin:
        with ProxyServer(f"http://localhost:{origin.port}", host="localhost") as proxy, RawClient(proxy.url) as client:
            client.send(message(GET, b"Host: localhost"))
            assert client.response().all(b"Set-Cookie") == [b"sid=1; Path=/"]
            client.send(message(GET, b"Host: localhost"))
            client.response()
        assert [request.all(b"Cookie") for request in origin.requests] == [[], []]


async def doubles_both_bodies(ctx: ProxyContext) -> object:
    ctx.request.set_content(2 * await ctx.request.read())
    yield
    ctx.response.set_content(2 * await ctx.response.read())


def test_lengths_follow_bodies_that_a_middleware_lengthens() -> None:
    reply = message(b"HTTP/1.1 200 OK", b"Content-Length: 3", body=b"abc")
    with journey(answering(reply), middlewares=[doubles_both_bodies]) as (client, proxy, origin):
        client.send(message(b"POST / HTTP/1.1", HOST, b"Content-Length: 2", body=b"12"))
        answer = client.response()
        assert (answer.all(b"Content-Length"), answer.body) == ([b"6"], b"abcabc")
        client.send(message(b"POST / HTTP/1.1", HOST, b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\n\r\n"))
        assert client.response().body == b"abcabc"
        first, second = origin.requests
        assert (first.all(b"Content-Length"), first.body) == ([b"4"], b"1212")
        assert (second.all(b"Transfer-Encoding"), second.all(b"Content-Length"), second.body) == ([], [b"2"], b"xx")
        assert proxy.exchanges[0].request.body == b"12"
        assert proxy.exchanges[0].upstream.request.body == b"1212"
