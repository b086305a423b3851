import asyncio

import aiohttp
import pytest
from aiohttp import web

from mockproxy.client import RetryMiddleware, TokenRefreshMiddleware
from mockproxy.errors import ConfigurationError
from tests.support.done import done
from tests.support.gatekeeper import Door
from tests.support.members import Tokens

pytestmark = pytest.mark.asyncio


@pytest.fixture
def tokens(mock_target):
    return Tokens(mock_target)


def session(url, *outer, refresh_url="/refresh", **options):
    middleware = TokenRefreshMiddleware(refresh_url, refresh_token="r1", **options)
    return aiohttp.ClientSession(url, middlewares=[*outer, middleware])


async def status_of(client, path="/things"):
    async with client.get(path) as answer:
        return answer.status


def bearers(exchanges):
    return [exchange.request.headers.get("Authorization") for exchange in exchanges]


async def test_ten_first_requests_share_one_refresh_and_its_token(tokens):
    async with session(tokens.url) as client:
        assert await asyncio.gather(*(status_of(client) for _ in range(10))) == [200] * 10

    assert bearers(tokens.calls) == ["Bearer t1"] * 10
    assert bearers(tokens.refreshes) == [None]


async def test_the_refresh_is_that_of_oauth(tokens):
    async with session(tokens.url) as client:
        await status_of(client)

    request = tokens.refreshes[0].request
    # RFC 6749 section 6
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.form() == [("grant_type", "refresh_token"), ("refresh_token", "r1")]


async def test_a_hundred_requests_with_a_dead_token_cause_one_refresh_and_a_hundred_replays(tokens):
    async with session(tokens.url) as client:
        await status_of(client)
        tokens.revoke()
        assert await asyncio.gather(*(status_of(client) for _ in range(100))) == [200] * 100

    assert len(tokens.refreshes) == 2
    sent = bearers(tokens.calls)[1:]
    assert (sent.count("Bearer t1"), sent.count("Bearer t2")) == (100, 100)


async def test_twenty_refusals_at_once_cause_one_refresh_on_each_of_200_runs():
    async with Door() as door, session(door.url, refresh_url="/sell") as client:
        await status_of(client)
        for run in range(1, 201):
            door.revoke()
            assert await asyncio.gather(*(status_of(client) for _ in range(20))) == [200] * 20
            assert door.sold == 1 + run


async def test_a_token_that_is_given_is_used_until_it_is_refused(tokens):
    async with session(tokens.url, access_token="old") as client:
        assert await status_of(client) == 200

    assert bearers(tokens.calls) == ["Bearer old", "Bearer t1"]


async def test_what_is_refused_after_the_refresh_is_the_answer(mock_target):
    mock_target.on("POST", "/refresh").reply(json={"access_token": "t"})
    mock_target.on("GET", "/things").reply(401)
    async with session(mock_target.url) as client:
        assert await status_of(client) == 401

    assert [exchange.request.path for exchange in mock_target.exchanges] == ["/refresh", "/things"] * 2


async def test_a_token_is_replaced_before_it_expires(mock_target):
    tokens = Tokens(mock_target, expires_in=10)
    async with session(tokens.url, leeway=9) as client:
        await status_of(client)
        await status_of(client)

    # Half of its life is left, leeway or not: a refresh for every request would be no use of a token.
    assert len(tokens.refreshes) == 1


async def test_a_token_that_has_expired_is_replaced_without_being_sent(mock_target):
    tokens = Tokens(mock_target, expires_in=0)
    async with session(tokens.url) as client:
        assert [await status_of(client), await status_of(client)] == [200, 200]

    assert bearers(tokens.calls) == ["Bearer t1", "Bearer t2"]


async def test_ten_requests_at_once_with_a_token_of_no_life_share_one_refresh(mock_target):
    tokens = Tokens(mock_target, expires_in=0)
    async with session(tokens.url) as client:
        assert await asyncio.gather(*(status_of(client) for _ in range(10))) == [200] * 10

    assert len(tokens.refreshes) == 1


async def test_a_new_refresh_token_replaces_the_old_one(mock_target):
    tokens = Tokens(mock_target, expires_in=0, refresh_token="r2")
    async with session(tokens.url) as client:
        await status_of(client)
        await status_of(client)

    assert [dict(exchange.request.form())["refresh_token"] for exchange in tokens.refreshes] == ["r1", "r2"]


async def test_an_authorization_of_its_own_is_kept(tokens):
    async with session(tokens.url) as client, client.get("/things", headers={"Authorization": "Bearer own"}) as answer:
        assert answer.status == 401

    assert (bearers(tokens.calls), len(tokens.refreshes)) == (["Bearer own"], 0)


async def test_inside_a_retry_each_attempt_has_the_token_of_its_time(tokens):
    @tokens.target.on("GET", "/late").reply_with
    def late(request):
        raise web.HTTPUnauthorized if request.authorization.token == "t1" else web.HTTPServiceUnavailable

    async with session(tokens.url, RetryMiddleware(1, initial_delay=0)) as client:
        assert await status_of(client, "/late") == 503

    assert bearers(tokens.target.exchanges.matching(path="/late")) == ["Bearer t1", "Bearer t2", "Bearer t2"]


async def test_a_redirect_to_another_origin_goes_without_the_token(tokens, make_mock_target):
    stranger = make_mock_target()
    stranger.on("GET", "/").reply(401)
    tokens.target.on("GET", "/out").reply(302, headers={"Location": stranger.url})
    async with session(tokens.url) as client:
        assert await status_of(client, "/out") == 401

    assert (bearers(stranger.exchanges), len(tokens.refreshes)) == ([None], 1)


async def test_a_refresh_that_fails_is_one_error_for_all(mock_target):
    mock_target.on("POST", "/refresh").reply(401)
    async with session(mock_target.url) as client:
        outcomes = await asyncio.gather(*(status_of(client) for _ in range(10)), return_exceptions=True)

    message = f"401, message='the token refresh failed: Unauthorized', url='{mock_target.url}/refresh'"
    assert {(type(outcome), str(outcome)) for outcome in outcomes} == {(aiohttp.ClientResponseError, message)}
    assert len(mock_target.exchanges) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"json": {"token": "t"}}, "has no access_token"),
        ({"json": ["t"]}, "has no access_token"),
        ({"text": "<html>"}, "is no JSON"),
        ({"json": {"access_token": None}}, "has no access_token"),
        ({"json": {"access_token": ""}}, "unusable access_token: it is empty"),
        ({"json": {"access_token": 5}}, "unusable access_token: it is int, not str"),
        ({"json": {"access_token": "s3\r\ncret"}}, r"unusable access_token: it holds '\\r' at position 2$"),
        ({"json": {"access_token": "s3 cret"}}, "unusable access_token: it holds ' ' at position 2$"),
        ({"json": {"access_token": "t", "refresh_token": ["r"]}}, "unusable refresh_token: it is list, not str"),
        ({"json": {"access_token": "t", "refresh_token": "r\x00"}}, "unusable refresh_token: it holds '.x00'"),
    ],
)
async def test_an_answer_without_a_token_is_a_client_error_that_says_so(mock_target, answer, words):
    mock_target.on("POST", "/refresh").reply(**answer)
    async with session(mock_target.url) as client:
        with pytest.raises(aiohttp.ClientError, match=words):
            await done(client.get("/things"))

    assert [exchange.request.path for exchange in mock_target.exchanges] == ["/refresh"]


async def test_a_refresh_that_nobody_answers_is_tried_once(mock_target, unused_tcp_port):
    url = f"http://127.0.0.1:{unused_tcp_port}/refresh"
    async with session(mock_target.url, refresh_url=url) as client:
        with pytest.raises(aiohttp.ClientConnectionError, match="the token refresh failed: ClientConnectorError"):
            await done(client.get("/things"))

    assert len(mock_target.exchanges) == 0


async def test_a_refresh_follows_no_redirect(mock_target, make_mock_target):
    stranger = make_mock_target()
    mock_target.on("POST", "/refresh").reply(307, headers={"Location": stranger.url})
    async with session(mock_target.url) as client:
        with pytest.raises(aiohttp.ClientResponseError, match="307"):
            await done(client.get("/things"))

    assert len(stranger.exchanges) == 0


async def test_a_body_is_sent_whole_with_the_replay(tokens):
    async def pieces():
        yield b"pay"
        yield b"load"

    async with session(tokens.url, access_token="old") as client, client.post("/things", data=pieces()) as answer:
        assert await answer.json() == {"body": "payload"}

    assert [exchange.request.body for exchange in tokens.calls] == [b"payload"] * 2


async def test_a_replay_waits_for_its_own_continue(mock_target):
    mock_target.on("POST", "/refresh").reply(json={"access_token": "t"})
    mock_target.on("POST", "/things").reply(401).then(200)
    async with session(mock_target.url) as client:
        assert await done(client.post("/things", data=b"payload", expect100=True)) == 200

    assert [exchange.request.body for exchange in mock_target.exchanges.matching(path="/things")] == [b"", b"payload"]


async def test_a_stream_that_is_too_long_to_be_kept_is_an_error_and_the_token_is_refreshed(tokens):
    async def long():
        for _ in range(17):
            yield bytes(65536)

    async with session(tokens.url, access_token="old") as client:
        with pytest.raises(aiohttp.ClientPayloadError, match=r"POST /things .* cannot be repeated"):
            await done(client.post("/things", data=long()))
        assert await status_of(client) == 200

    assert len(tokens.refreshes) == 1


async def test_one_connection_is_enough(tokens):
    connector = aiohttp.TCPConnector(limit=1)
    middleware = TokenRefreshMiddleware("/refresh", refresh_token="r1", access_token="old")
    async with (
        asyncio.timeout(5),
        aiohttp.ClientSession(tokens.url, connector=connector, middlewares=[middleware]) as client,
    ):
        assert await asyncio.gather(*(status_of(client) for _ in range(10))) == [200] * 10

    assert len(tokens.refreshes) == 1


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"refresh_token": None}, TypeError, "refresh_token must be a str, not None"),
        ({"refresh_token": ""}, ConfigurationError, "the refresh_token cannot be sent: it is empty"),
        ({"refresh_token": b"r"}, ConfigurationError, "the refresh_token cannot be sent: it is bytes, not str"),
        ({"access_token": ""}, ConfigurationError, "the access_token cannot be sent: it is empty"),
        ({"access_token": "a\n"}, ConfigurationError, "the access_token cannot be sent: it holds"),
        ({"refresh_url": 3}, TypeError, "refresh_url must be a path or a URL, not int"),
        ({"leeway": -1}, ConfigurationError, "leeway=-1 is negative"),
    ],
)
async def test_what_cannot_refresh_is_refused_when_it_is_made(options, error, words):
    with pytest.raises(error, match=words):
        TokenRefreshMiddleware(**{"refresh_url": "/t", "refresh_token": "r", **options})
