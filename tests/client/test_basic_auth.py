import aiohttp
import pytest

from mockproxy.client import BasicAuthMiddleware
from mockproxy.errors import ConfigurationError
from tests.support.done import done

pytestmark = pytest.mark.asyncio

AUTH = "Basic dXNlcjpwYXNz"


@pytest.fixture
def home(mock_target):
    mock_target.on("GET", "/")
    return mock_target


@pytest.fixture
def stranger(make_mock_target):
    target = make_mock_target()
    target.on("GET", "/")
    return target


def session(**options):
    return aiohttp.ClientSession(middlewares=[BasicAuthMiddleware("user", "pass", **options)])


def sent(target):
    return [exchange.request.headers.get("Authorization") for exchange in target.exchanges]


async def test_a_request_without_credentials_gets_them(home):
    async with session() as client:
        await done(client.get(home.url))

    assert sent(home) == [AUTH]


async def test_an_authorization_of_its_own_is_kept(home):
    async with session() as client:
        await done(client.get(home.url, headers={"Authorization": "Bearer own"}))

    assert sent(home) == ["Bearer own"]


async def test_a_request_without_middlewares_goes_without(home):
    async with session() as client:
        await done(client.get(home.url, middlewares=()))

    assert sent(home) == [None]


async def test_a_redirect_to_another_origin_goes_without(home, stranger):
    home.on("GET", "/out").reply(302, headers={"Location": stranger.url})
    async with session() as client:
        await done(client.get(f"{home.url}/out"))

    assert (sent(home), sent(stranger)) == ([AUTH], [None])


async def test_a_redirect_within_the_origin_goes_with_them(home):
    home.on("GET", "/in").reply(302, headers={"Location": "/"})
    async with session() as client:
        await done(client.get(f"{home.url}/in"))

    assert sent(home) == [AUTH, AUTH]


async def test_each_of_the_origins_given_gets_them_and_no_other(home, stranger, make_mock_target):
    third = make_mock_target()
    third.on("GET", "/")
    async with session(origins=[home.url, stranger.url]) as client:
        for target in (third, home, stranger):
            await done(client.get(target.url))

    assert [sent(target) for target in (home, stranger, third)] == [[AUTH], [AUTH], [None]]


async def test_one_instance_serves_sessions_of_different_servers(home, stranger):
    middleware = BasicAuthMiddleware("user", "pass")
    for target in (home, stranger):
        async with aiohttp.ClientSession(middlewares=[middleware]) as client:
            await done(client.get(target.url))

    assert (sent(home), sent(stranger)) == ([AUTH], [AUTH])


async def test_a_name_that_cannot_be_sent_is_refused_when_it_is_made():
    with pytest.raises(ConfigurationError, match="colon"):
        BasicAuthMiddleware("us:er", "pass")
