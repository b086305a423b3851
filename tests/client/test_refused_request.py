import aiohttp
import pytest

from mockproxy.client import AuthenticatedSession
from tests.support.members import Members

pytestmark = pytest.mark.asyncio


@pytest.fixture
def members(mock_target):
    return Members(mock_target)


def session_for(members):
    return AuthenticatedSession(members.url, auth=("user", "pass"))


def wire_of(members):
    return [(exchange.request.method, exchange.request.raw_target) for exchange in members.target.exchanges]


def asked_for_things(members):
    return [exchange.request for exchange in members.target.exchanges.matching(path="/things")]


async def test_an_order_whose_confirmation_is_refused_is_placed_once(members):
    members.target.on("POST", "/orders").reply(303, headers={"Location": "/things"})
    async with session_for(members) as session:
        members.expire()
        async with session.post("/orders", params={"dry": "no"}, json={"item": 7}) as answer:
            assert (answer.status, await answer.json()) == (200, {"body": ""})

    assert wire_of(members) == [
        ("GET", "/login"),
        ("POST", "/orders?dry=no"),
        ("GET", "/things"),
        ("GET", "/login"),
        ("GET", "/things"),
    ]


@pytest.mark.parametrize(
    ("method", "status", "repeated", "body"),
    [
        ("POST", 301, "GET", b""),
        ("POST", 302, "GET", b""),
        ("POST", 303, "GET", b""),
        ("PUT", 303, "GET", b""),
        ("PUT", 301, "PUT", b"payload"),
        ("PUT", 302, "PUT", b"payload"),
        ("POST", 307, "POST", b"payload"),
        ("POST", 308, "POST", b"payload"),
    ],
)
async def test_the_repeat_has_the_method_and_the_body_that_the_redirect_kept(members, method, status, repeated, body):
    members.target.on(method, "/orders").reply(status, headers={"Location": "/things"})
    async with session_for(members) as session:
        members.expire()
        async with session.request(method, "/orders", data=b"payload") as answer:
            assert answer.status == 200

    assert [request.path for request in asked_for_things(members)] == ["/things"] * 2
    assert [(request.method, request.body) for request in asked_for_things(members)] == [(repeated, body)] * 2


async def test_the_repeat_has_the_query_of_the_redirect_alone(members):
    members.target.on("GET", "/search").reply(302, headers={"Location": "/things?q=a%26b"})
    async with session_for(members) as session:
        members.expire()
        async with session.get("/search", params={"q": "first"}) as answer:
            assert answer.status == 200

    assert [request.raw_target for request in asked_for_things(members)] == ["/things?q=a%26b"] * 2


async def test_a_stream_that_a_redirect_dropped_does_not_hinder_the_repeat(members):
    async def pieces():
        yield b"payload"

    members.target.on("POST", "/orders").reply(303, headers={"Location": "/things"})
    async with session_for(members) as session:
        members.expire()
        async with session.post("/orders", data=pieces()) as answer:
            assert answer.status == 200

    assert len(members.target.exchanges.matching(path="/orders")) == 1


async def test_a_body_whose_length_was_given_is_dropped_with_its_length(members):
    members.target.on("POST", "/orders").reply(303, headers={"Location": "/things"})
    async with session_for(members) as session:
        members.expire()
        async with session.post("/orders", data=b"payload", headers={"Content-Length": "7", "X-Own": "1"}) as answer:
            assert answer.status == 200

    assert [request.headers.get("Content-Length") for request in asked_for_things(members)] == [None] * 2
    assert [request.headers["X-Own"] for request in asked_for_things(members)] == ["1"] * 2


async def test_what_a_redirect_from_another_origin_took_away_does_not_come_back(members, make_mock_target):
    stranger = make_mock_target()
    stranger.on("GET", "/out").reply(302, headers={"Location": f"{members.url}/things"})
    async with session_for(members) as session:
        members.expire()
        given = {"cookies": {"theirs": "1"}, "headers": {"Proxy-Authorization": "Basic eDp5"}}
        async with session.get(f"{stranger.url}/out", **given) as answer:
            assert answer.status == 200

    assert stranger.exchanges.only().request.cookies == {"theirs": "1"}
    assert [request.headers.get("Proxy-Authorization") for request in asked_for_things(members)] == [None] * 2
    assert [list(request.cookies) for request in asked_for_things(members)] == [["sid"]] * 2


async def test_a_refusal_by_another_origin_behind_redirects_causes_no_login(members, make_mock_target):
    stranger = make_mock_target()
    stranger.on("GET", "/in").reply(401)
    members.target.on("POST", "/out").reply(303, headers={"Location": "/further"})
    members.target.on("GET", "/further").reply(302, headers={"Location": f"{stranger.url}/in"})
    async with session_for(members) as session:
        members.expire()
        async with session.post("/out") as answer:
            assert answer.status == 401

    assert members.paths == ["/login", "/out", "/further"]
    assert len(stranger.exchanges) == 1


async def test_without_a_redirect_the_call_is_repeated_as_it_was_given(members):
    async with session_for(members) as session:
        members.expire()
        async with session.post("/things", params={"a": "1"}, data=b"payload", cookies={"own": "1"}) as answer:
            assert answer.status == 200

    first, second = asked_for_things(members)
    assert (first.raw_target, first.body, first.cookies["own"]) == ("/things?a=1", b"payload", "1")
    assert (second.raw_target, second.body, second.cookies["own"]) == ("/things?a=1", b"payload", "1")


async def test_a_redirect_of_the_repeat_is_followed(members):
    members.target.on("GET", "/start").reply(401).then(302, headers={"Location": "/things"})
    async with session_for(members) as session, session.get("/start") as answer:
        assert answer.status == 200

    assert members.paths == ["/login", "/start", "/login", "/start", "/things"]


async def test_a_stream_that_a_redirect_kept_is_an_error_of_aiohttp(members):
    async def pieces():
        yield b"payload"

    members.target.on("POST", "/orders").reply(307, headers={"Location": "/things"})
    async with session_for(members) as session:
        with pytest.raises(aiohttp.ClientPayloadError, match="redirect"):
            await session.post("/orders", data=pieces())
