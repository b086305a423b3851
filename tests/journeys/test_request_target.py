"""The target of a request crosses byte for byte."""

import pytest

from mockproxy import Forward, ProxyServer
from mockproxy.errors import MalformedMessage
from tests.support.journey import journey
from tests.support.raw import message
from tests.support.raw_client import RawClient
from tests.support.raw_origin import RawOrigin, answering

NO_CONTENT = message(b"HTTP/1.1 204 No Content")


@pytest.mark.parametrize(
    "target",
    [
        b"/?a=1&a=2",
        b"/?flag&x=",
        b"/?q=a%20b+c%2B",
        b"/?next=http://host:80/p?x=1&y=%26",
        b"/?",
        b"/?q=%zz;y=2",
        b"/a%2Fb",
        b"/a%20b",
        b"/a%252Fb",
        b"/%E2%82%AC",
        b"/a%3Bv=1",
        b"/a;v=1",
        b"//a//b/",
        b"/a/./b/../c",
        b"/%7euser/~user",
        b"/caf\xe9?q=\xe9",
        b'/{x}|"<>^`\\',
    ],
)
def test_the_target_arrives_as_it_was_sent(target: bytes) -> None:
    with journey(answering(NO_CONTENT)) as (client, proxy, origin):
        client.send(message(b"GET " + target + b" HTTP/1.1", b"Host: t"))
        assert client.response().status == 204
        assert origin.request.target == target
        exchange = proxy.exchanges.only()
        assert exchange.request.raw_target.encode("latin-1") == target
        assert exchange.upstream.request.raw_target.encode("latin-1") == target


def test_an_absolute_target_gives_its_path_and_is_never_fetched() -> None:
    with journey(answering(NO_CONTENT)) as (client, proxy, origin):
        client.send(message(b"GET http://elsewhere.test:81/a%2Fb?x=1 HTTP/1.1", b"Host: elsewhere.test:81"))
        assert client.response().status == 204
        assert origin.request.target == b"/a%2Fb?x=1"
        assert origin.request.all(b"Host") == [origin.authority.encode()]
        exchange = proxy.exchanges.only()
        assert exchange.request.raw_target == "http://elsewhere.test:81/a%2Fb?x=1"
        assert exchange.upstream.request.raw_target == "/a%2Fb?x=1"


def test_an_absolute_target_without_a_path_asks_for_the_root() -> None:
    with journey(answering(NO_CONTENT)) as (client, _, origin):
        client.send(message(b"GET http://elsewhere.test?x=1 HTTP/1.1", b"Host: elsewhere.test"))
        assert client.response().status == 204
        assert origin.request.target == b"/?x=1"


def test_options_for_the_whole_server_stays_an_asterisk() -> None:
    with journey(answering(NO_CONTENT), base_path="/base") as (client, proxy, origin):
        client.send(message(b"OPTIONS * HTTP/1.1", b"Host: t"))
        assert client.response("OPTIONS").status == 204
        assert origin.request.start == b"OPTIONS * HTTP/1.1"
        assert proxy.exchanges.only().upstream.request.raw_target == "*"


@pytest.mark.parametrize(
    "target",
    [b"*", b"a", b"evil.test/x", b"a?u=http://b/", b"@evil.test/", b"?q", b"/a#b", b"http:/a", b"://a/"],
)
def test_a_target_that_is_no_path_is_refused(target: bytes) -> None:
    with journey(answering(NO_CONTENT)) as (client, proxy, origin), proxy.expecting(MalformedMessage):
        client.send(message(b"GET " + target + b" HTTP/1.1", b"Host: t"))
        assert client.response().status == 400
        assert client.rest() == b""
        assert origin.connections == []
        assert isinstance(proxy.exchanges.only().error, MalformedMessage)


def test_a_prefix_is_replaced_and_the_rest_is_left_alone() -> None:
    with (
        RawOrigin(answering(NO_CONTENT)) as origin,
        ProxyServer(routes=[Forward("/api/{rest:.*}", to=f"{origin.url}/base", path="/{rest}")]) as proxy,
        RawClient(proxy.url) as client,
    ):
        client.send(message(b"GET /api/v1/a%2Fb//c?x=1&x=2 HTTP/1.1", b"Host: t"))
        assert client.response().status == 204
        assert origin.request.target == b"/base/v1/a%2Fb//c?x=1&x=2"
        assert proxy.exchanges.only().request.raw_target == "/api/v1/a%2Fb//c?x=1&x=2"


@pytest.mark.parametrize("path", [b"/api/../admin", b"/api/%2e%2e/admin", b"/api/a/%2E./..%2fadmin", b"/api/..\\admin"])
def test_dot_segments_do_not_lead_out_of_a_route(path: bytes) -> None:
    with (
        RawOrigin(answering(NO_CONTENT)) as origin,
        ProxyServer(routes=[Forward("/api/{rest:.*}", to=origin.url)]) as proxy,
        RawClient(proxy.url) as client,
    ):
        client.send(message(b"GET " + path + b" HTTP/1.1", b"Host: t"))
        assert client.response().status == 400
        assert origin.connections == []
