import asyncio
import gc

import pytest
import trio
from aiohttp import WSMsgType, web

from mockproxy import ConfigurationError, TargetServer
from mockproxy.client.lazy_session import LazySession


@pytest.fixture
def target():
    with TargetServer() as target:
        target.on("GET", "/login").reply(headers={"Set-Cookie": "sid=1"})
        target.on("*", "/echo").reply_with(lambda request: {"method": request.method, "body": request.text})
        yield target


@pytest.fixture
def session(target):
    session = LazySession(target.url)
    yield session
    session.close()
    # What was left open complains when it is collected, and here warnings are errors.
    gc.collect()


async def status(session, url):
    async with session.get(url) as answer:
        await answer.read()
        return answer.status


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
def test_it_has_the_methods_of_a_session(session, method):
    async def ask():
        async with getattr(session, method)("/echo", data=b"x") as answer:
            return await answer.json()

    assert asyncio.run(ask()) == {"method": method.upper(), "body": "x"}


def test_a_method_without_a_method_of_its_own(session):
    async def ask():
        async with session.request("PURGE", "/echo") as answer:
            return await answer.json()

    assert asyncio.run(ask()) == {"method": "PURGE", "body": ""}


def test_head(session, target):
    async def ask():
        async with session.head("/echo") as answer:
            return answer.status

    assert asyncio.run(ask()) == 200
    assert target.exchanges.only().request.method == "HEAD"


def test_a_request_can_be_awaited_as_well(session):
    async def ask():
        answer = await session.get("/echo")
        return await answer.json()

    assert asyncio.run(ask()) == {"method": "GET", "body": ""}


def test_a_websocket(session):
    async def echo(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"pong:{message.data}")
        return socket

    async def talk(url):
        async with session.ws_connect(f"{url}/ws") as socket:
            await socket.send_str("ping")
            return await socket.receive()

    app = web.Application()
    app.router.add_get("/ws", echo)
    with TargetServer(app) as hosted:
        message = asyncio.run(talk(hosted.url))
    assert (message.type, message.data) == (WSMsgType.TEXT, "pong:ping")


def test_an_absolute_url_goes_to_another_server(session, target):
    with TargetServer() as other:
        other.on("GET", "/x").reply(204)
        assert asyncio.run(status(session, f"{other.url}/x")) == 204

    assert not target.exchanges


def test_it_changes_nothing_of_what_aiohttp_sends(session, target):
    asyncio.run(status(session, "/echo"))

    assert [name for name, _ in target.exchanges.only().request.headers.items()] == [
        "Host", "Accept", "Accept-Encoding", "User-Agent",
    ]  # fmt: skip


def test_a_connection_is_kept_for_the_next_request(session, target):
    async def ask_twice():
        return [await status(session, "/echo") for _ in range(2)]

    assert asyncio.run(ask_twice()) == [200, 200]
    first, second = target.exchanges
    assert first.connection == second.connection


def test_it_sends_the_cookies_of_a_bare_ip_address_back(session, target):
    async def log_in_and_ask():
        return [await status(session, "/login"), await status(session, "/echo")]

    asyncio.run(log_in_and_ask())
    assert [dict(exchange.request.cookies) for exchange in target.exchanges] == [{}, {"sid": "1"}]


def test_cookies_of_one_server_never_reach_another_on_the_same_host(session):
    async def log_in_and_ask(url):
        return [await status(session, "/login"), await status(session, f"{url}/x")]

    with TargetServer() as other:
        other.on("GET", "/x").reply(204)
        asyncio.run(log_in_and_ask(other.url))
        assert "Cookie" not in other.exchanges.only().request.headers


def test_cookies_outlive_the_loop_on_which_they_came(session, target):
    asyncio.run(status(session, "/login"))
    asyncio.run(status(session, "/echo"))

    assert dict(target.exchanges[-1].request.cookies) == {"sid": "1"}


def test_a_loop_that_ends_takes_its_session_along(session):
    async def session_of_a_loop():
        await status(session, "/echo")
        return session.session

    assert asyncio.run(session_of_a_loop()).closed


def test_close_ends_the_session_of_a_loop_that_goes_on(session):
    with asyncio.Runner() as runner:
        runner.run(status(session, "/echo"))

        async def own():
            return session.session

        of_runner = runner.run(own())
        session.close()
        assert of_runner.closed


def test_close_ends_the_session_of_a_loop_that_was_closed_without_an_end(target):
    session = LazySession(target.url)
    loop = asyncio.new_event_loop()

    async def own():
        return session.session

    made = loop.run_until_complete(own())
    loop.close()
    session.close()
    assert made.closed


def test_a_session_that_was_never_used_needs_no_loop(target):
    LazySession(target.url).close()


def test_without_a_loop_it_says_which_client_to_take(session):
    with pytest.raises(ConfigurationError, match="a plain test uses a blocking client such as requests"):
        session.get("/echo")


def test_under_trio_it_says_which_client_to_take(session):
    async def ask():
        session.get("/echo")

    with pytest.raises(ConfigurationError, match="needs asyncio; under trio use a client of trio's, such as httpx"):
        trio.run(ask)
