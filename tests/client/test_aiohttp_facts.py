"""What aiohttp's own client does, on which this kit relies or which it makes good."""

import asyncio
import gc
import warnings

import aiohttp
import pytest
from yarl import URL

from mockproxy.client.origin_jar import OriginJar
from tests.support.done import done
from tests.support.raw import message
from tests.support.raw_origin import RawOrigin, answering

pytestmark = pytest.mark.asyncio


async def test_its_own_jar_keeps_no_cookie_of_an_ip_address(mock_target):
    mock_target.on("GET", "/").reply(headers={"Set-Cookie": "sid=1"})
    async with aiohttp.ClientSession(mock_target.url) as session:
        await done(session.get("/"))

    assert len(session.cookie_jar) == 0


async def test_its_own_jar_keeps_the_cookies_of_a_name(make_mock_target):
    target = make_mock_target(host="localhost")
    target.on("GET", "/").reply(headers={"Set-Cookie": "sid=1"})
    async with aiohttp.ClientSession(f"http://localhost:{target.port}") as session:
        await done(session.get("/"))

    assert len(session.cookie_jar) == 1


@pytest.mark.skipif(aiohttp.__version__ < "3.14", reason="before, an empty body was sent on")
async def test_a_redirect_of_a_generator_is_refused_by_aiohttp_itself(mock_target):
    async def pieces():
        yield b"payload"

    mock_target.on("PUT", "/").reply(307, headers={"Location": "/there"})
    async with aiohttp.ClientSession(mock_target.url) as session:
        with pytest.raises(aiohttp.ClientPayloadError, match="consumed"):
            await done(session.put("/", data=pieces()))


@pytest.mark.parametrize(("jar", "sent"), [(lambda: aiohttp.CookieJar(unsafe=True), {"sid": "1"}), (OriginJar, {})])
async def test_cookies_know_no_ports_unless_the_jar_does(mock_target, make_mock_target, jar, sent):
    other = make_mock_target()
    other.on("GET", "/")
    mock_target.on("GET", "/").reply(headers={"Set-Cookie": "sid=1"})
    async with aiohttp.ClientSession(cookie_jar=jar()) as session:
        await done(session.get(mock_target.url))
        await done(session.get(other.url))

    assert other.exchanges.only().request.cookies == sent


@pytest.mark.filterwarnings("ignore:Unclosed connection:ResourceWarning")
async def test_a_response_dropped_unread_is_not_given_back(mock_target):
    mock_target.on("GET", "/").reply(body=bytes(2_000_000))
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(mock_target.url, connector=connector) as session:
        await session.get("/")
        gc.collect()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await session.get("/")
    gc.collect()


async def test_authorization_and_auth_together_are_refused():
    async with aiohttp.ClientSession() as session:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            with pytest.raises(ValueError, match="Cannot combine AUTHORIZATION header"):
                await session.get(
                    "http://127.0.0.1:1/", headers={"Authorization": "x"}, auth=aiohttp.BasicAuth("user", "pass")
                )


@pytest.mark.skipif(aiohttp.__version__ < "3.14", reason="since then")
async def test_its_own_kind_of_credentials_is_deprecated():
    with pytest.warns(DeprecationWarning, match="BasicAuth"):
        aiohttp.BasicAuth("user", "pass")


async def test_a_proxy_of_plain_http_never_sees_the_proxy_headers():
    with RawOrigin(answering(message(b"HTTP/1.1 200 OK", b"Content-Length: 0"))) as proxy:
        async with aiohttp.ClientSession() as session:
            await done(session.get("http://a.test/", proxy=proxy.url, proxy_headers={"X-Proxy": "1"}))

        assert (proxy.request.target, proxy.request.all(b"X-Proxy")) == (b"http://a.test/", [])


async def test_yarl_tells_a_default_port_that_is_written_out_from_one_that_is_not():
    assert URL("http://a.test:80").origin() != URL("http://a.test").origin()
