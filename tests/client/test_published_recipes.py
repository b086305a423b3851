"""What the client middlewares and sessions do that are widely copied, and that the record shows it.

Each recipe is the behavior of a published one in as few lines as show it.
"""

import asyncio
import gc
import threading
import time

import aiohttp
import pytest
from aiohttp import web

from mockproxy.client import RecordedSession, record
from tests.support.done import done
from tests.support.members import Members, Tokens
from tests.support.pipe import Pipe
from tests.support.raw import PATIENCE, message
from tests.support.raw_origin import RawOrigin

# aiohttp warns of responses that were dropped when they are collected; some of these recipes drop them.
pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("ignore:Unclosed connection:ResourceWarning")]


@pytest.fixture(autouse=True)
def collected():
    """What a recipe dropped is collected before the next test, which warns of nothing of it."""
    yield
    gc.collect()


async def retries(request, handler):
    """Tries again, a little later, while the answer is a 5xx."""
    for _ in range(2):
        response = await handler(request)
        if response.status < 500:
            return response
        await asyncio.sleep(0.01)
    return await handler(request)


async def adds_credentials(request, handler):
    """Adds basic credentials to whatever passes."""
    request.headers["Authorization"] = "Basic dXNlcjpwYXNz"
    return await handler(request)


class LogsInAgain:
    """Logs in inside the chain, and repeats the same request."""

    async def __call__(self, request, handler):
        response = await handler(request)
        if response.status == 401:
            await request.session.get("/login", headers={"Authorization": "Basic dXNlcjpwYXNz"}, middlewares=())
            response = await handler(request)
        return response


class RefreshesByClock:
    """Holds a token until its local time of expiry, less five minutes; the refresh passes the chain."""

    def __init__(self, **refresh_options):
        self.token = None
        self.expires_at = 0.0
        self.options = refresh_options

    async def refresh(self, request):
        if self.token is None or time.time() > self.expires_at - 300:
            async with request.session.post("/refresh", **self.options) as response:
                response.raise_for_status()
                data = await response.json()
            if "access_token" not in data:
                raise ValueError("no access token")
            self.token, self.expires_at = data["access_token"], time.time() + data["expires_in"]

    async def __call__(self, request, handler):
        await self.refresh(request)
        request.headers["Authorization"] = f"Bearer {self.token}"
        response = await handler(request)
        if response.status == 401:
            await self.refresh(request)
            request.headers["Authorization"] = f"Bearer {self.token}"
            response = await handler(request)
        return response


class RefreshesUnderALock(RefreshesByClock):
    def __init__(self, **refresh_options):
        super().__init__(**refresh_options)
        self.lock = asyncio.Lock()

    async def refresh(self, request):
        async with self.lock:
            await super().refresh(request)


class RefreshesWhenRefused:
    """Refreshes under a lock after a 401; the refresh passes the chain."""

    def __init__(self):
        self.token = "old"
        self.lock = asyncio.Lock()

    async def __call__(self, request, handler):
        used = self.token
        request.headers["Authorization"] = f"Bearer {used}"
        response = await handler(request)
        if response.status != 401:
            return response
        async with self.lock:
            if self.token == used:
                async with request.session.post("/refresh") as answer:
                    self.token = (await answer.json())["access_token"]
        request.headers["Authorization"] = f"Bearer {self.token}"
        return await handler(request)


async def article(session, path):
    """Asks, logs in where it is refused, asks again."""
    async with session.get(path) as response:
        if response.status != 401:
            return response
    async with session.get("/login", headers={"Authorization": "Basic dXNlcjpwYXNz"}):
        pass
    async with session.get(path) as response:
        return response


async def pieces():
    yield b"pay"
    yield b"load"


@pytest.mark.parametrize("body", [pieces, lambda: Pipe(b"payload")], ids=["generator", "file that cannot be rewound"])
async def test_a_retried_stream_is_sent_as_an_empty_body(mock_target, body):
    mock_target.on("PUT", "/").reply(503).then(503).then(200)
    async with RecordedSession(mock_target.url, middlewares=[retries]) as session:
        assert await done(session.put("/", data=body())) == 200

    call = session.calls.only()
    assert call.attempts.statuses == (503, 503, 200)
    assert [exchange.request.body for exchange in call.exchanges_in(mock_target.exchanges)] == [b"payload", b"", b""]
    assert not mock_target.exchanges.attempts("PUT", "/").same_body


async def test_a_retried_form_is_sent_without_its_stream(mock_target):
    mock_target.on("PUT", "/").reply(503).then(200)
    data = aiohttp.FormData()
    data.add_field("note", pieces(), filename="note.txt")
    async with RecordedSession(mock_target.url, middlewares=[retries]) as session:
        assert await done(session.put("/", data=data)) == 200

    bodies = [exchange.request.body for exchange in session.calls.only().exchanges_in(mock_target.exchanges)]
    assert [b"payload" in body for body in bodies] == [True, False]


async def test_a_generator_that_was_read_into_its_payload_first_is_sent_again(mock_target):
    async def reads_first(request, handler):
        await request.body.as_bytes()
        return await handler(request)

    mock_target.on("PUT", "/").reply(503).then(200)
    async with RecordedSession(mock_target.url, middlewares=[reads_first, retries]) as session:
        assert await done(session.put("/", data=pieces())) == 200

    assert [exchange.request.body for exchange in mock_target.exchanges] == [b"payload"] * 2


async def test_after_an_early_answer_only_the_tail_of_a_generator_is_sent():
    refused, asked_again, tails = threading.Event(), threading.Event(), []

    def script(peer):
        if not refused.is_set():
            refused.set()
            peer.head()
            peer.send(message(b"HTTP/1.1 503 Busy", b"Content-Length: 0", b"Connection: close"))
            # What the client sends now stands in buffers that cannot hold it all.
            asked_again.wait(PATIENCE)
        else:
            asked_again.set()
            peer.head()
            tails.append(peer.until(b"\r\n0\r\n\r\n"))
            peer.send(message(b"HTTP/1.1 200 OK", b"Content-Length: 0"))

    async def long():
        for _ in range(500):
            yield bytes(40_000)

    with RawOrigin(script) as origin:
        async with RecordedSession(origin.url, middlewares=[retries]) as session:
            assert await done(session.put("/", data=long())) == 200

    assert session.calls.only().attempts.statuses == (503, 200)
    assert 40_000 < len(tails[0]) < 20_000_000


async def test_an_answer_that_is_not_released_keeps_the_connection_from_the_next_attempt(mock_target):
    mock_target.on("GET", "/").reply(503, body=bytes(2_000_000)).then(200)
    options = {"connector": aiohttp.TCPConnector(limit=1), "timeout": aiohttp.ClientTimeout(total=0.3)}
    async with RecordedSession(mock_target.url, middlewares=[retries], **options) as session:
        with pytest.raises(TimeoutError):
            await done(session.get("/"))

    first, second = session.calls.only().attempts.sent
    assert (first.response.status, second.connection) == (503, None)


async def test_a_challenge_that_is_not_released_keeps_the_connection_from_the_answer(mock_target):
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'}
    mock_target.on("GET", "/").reply(401, headers=challenge, body=bytes(2_000_000))
    options = {"connector": aiohttp.TCPConnector(limit=1), "timeout": aiohttp.ClientTimeout(total=0.3)}
    chain = [aiohttp.DigestAuthMiddleware("user", "pass")]
    async with RecordedSession(mock_target.url, middlewares=chain, **options) as session:
        with pytest.raises(TimeoutError):
            await done(session.get("/"))

    assert session.calls.only().attempts.statuses == (401, 0)


async def test_a_delay_that_is_cancelled_keeps_the_connection_for_good(mock_target):
    waiting = asyncio.Event()

    async def retries_much_later(request, handler):
        await handler(request)
        waiting.set()
        await asyncio.sleep(60)

    mock_target.on("GET", "/").reply(503, body=bytes(2_000_000))
    connector = aiohttp.TCPConnector(limit=1)
    async with RecordedSession(mock_target.url, middlewares=[retries_much_later], connector=connector) as session:
        request = asyncio.create_task(session.get("/"))
        await waiting.wait()
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        with pytest.raises(TimeoutError):
            await done(session.get("/", middlewares=(), timeout=aiohttp.ClientTimeout(total=0.3)))

    assert [call.attempts.statuses for call in session.calls] == [(503,), (0,)]


async def test_credentials_are_sent_to_another_origin_after_a_redirect(mock_target, make_mock_target):
    stranger = make_mock_target()
    stranger.on("GET", "/")
    mock_target.on("GET", "/out").reply(302, headers={"Location": f"{stranger.url}/"})
    async with RecordedSession(mock_target.url, middlewares=[adds_credentials]) as session:
        await done(session.get("/out"))

    call = session.calls.only()
    home, abroad = call.attempts.sent
    assert (home.url, abroad.url) == (f"{mock_target.url}/out", f"{stranger.url}/")
    assert call.trace.all("adds_credentials")[1].changes.headers.added["Authorization"] == "Basic dXNlcjpwYXNz"
    assert stranger.exchanges.only().request.authorization.password == "pass"


async def test_the_repeat_after_a_login_inside_the_chain_sends_the_old_cookie(mock_target):
    members = Members(mock_target)
    async with RecordedSession(members.url, middlewares=[LogsInAgain()]) as session:
        await done(session.get("/things"))
        members.expire()
        async with session.get("/things") as response:
            assert response.status == 401

    refused, repeated = session.calls.matching(path="/things")[1].attempts.sent
    assert refused.request.headers["Cookie"] == repeated.request.headers["Cookie"]


async def test_the_repeat_sends_the_new_cookie_where_the_field_is_made_anew(mock_target):
    class MakesTheFieldAnew(LogsInAgain):
        async def __call__(self, request, handler):
            async def renewed(request):
                request.headers.pop("Cookie", None)
                request.update_cookies(request.session.cookie_jar.filter_cookies(request.url))
                return await handler(request)

            return await super().__call__(request, renewed)

    members = Members(mock_target)
    async with RecordedSession(members.url, middlewares=[MakesTheFieldAnew()]) as session:
        await done(session.get("/things"))
        members.expire()
        assert await done(session.get("/things")) == 200


async def test_a_cookie_of_an_answer_that_a_middleware_replaces_is_lost(mock_target):
    mock_target.on("GET", "/").reply(503, headers={"Set-Cookie": "hint=1; Path=/"}).then(200)
    async with RecordedSession(mock_target.url, middlewares=[retries]) as session:
        await done(session.get("/"))
        await done(session.get("/"))

    assert mock_target.exchanges[0].response.cookies.keys() == {"hint"}
    assert [dict(exchange.request.cookies) for exchange in mock_target.exchanges] == [{}, {}, {}]


async def test_a_token_that_is_revoked_before_its_time_is_sent_twice_and_never_refreshed(mock_target):
    tokens = Tokens(mock_target, expires_in=3600)
    chain = [RefreshesByClock(middlewares=())]
    async with RecordedSession(tokens.url, middlewares=chain) as session:
        await done(session.get("/things"))
        tokens.revoke()
        assert await done(session.get("/things")) == 401

    call = session.calls.matching(path="/things")[1]
    assert (call.attempts.statuses, call.attempts.same_header("Authorization")) == ((401, 401), True)
    assert len(tokens.refreshes) == 1


async def test_a_short_life_means_a_refresh_for_every_request(mock_target):
    tokens = Tokens(mock_target, expires_in=300)
    async with RecordedSession(tokens.url, middlewares=[RefreshesUnderALock(middlewares=())]) as session:
        await asyncio.gather(*(done(session.get("/things")) for _ in range(10)))

    assert len(session.calls.matching(path="/refresh")) == 10


async def test_a_refresh_that_fails_is_an_error_of_another_request(mock_target):
    mock_target.on("POST", "/refresh").reply(500).then(json={})
    async with RecordedSession(mock_target.url, middlewares=[RefreshesByClock(middlewares=())]) as session:
        with pytest.raises(aiohttp.ClientResponseError) as caught:
            await done(session.get("/things"))
        with pytest.raises(ValueError, match="no access token"):
            await done(session.get("/things"))

    assert caught.value.request_info.url.path == "/refresh"
    asked = session.calls.matching(path="/things")
    assert ([call.attempts.count for call in asked], asked[0].error) == ([0, 0], caught.value)


async def test_a_refresh_through_the_chain_waits_for_the_lock_that_its_own_request_holds(mock_target):
    tokens = Tokens(mock_target, expires_in=3600)
    timeout = aiohttp.ClientTimeout(total=0.3)
    async with RecordedSession(tokens.url, middlewares=[RefreshesUnderALock()], timeout=timeout) as session:
        with pytest.raises(TimeoutError):
            await done(session.get("/things"))

    asked, refresh = session.calls
    assert [call.request.path for call in (asked, refresh)] == ["/things", "/refresh"]
    assert [call.attempts.count for call in (asked, refresh)] == [0, 0]
    assert len(mock_target.exchanges) == 0


async def test_a_refresh_through_the_chain_shows_the_old_bearer_to_the_refresh_endpoint(mock_target):
    tokens = Tokens(mock_target)
    async with RecordedSession(tokens.url, middlewares=[RefreshesWhenRefused()]) as session:
        assert await done(session.get("/things")) == 200

    assert tokens.refreshes[0].request.authorization.token == "old"


async def test_ten_refusals_at_once_cause_one_refresh_and_twenty_one_requests(mock_target):
    tokens = Tokens(mock_target)
    async with RecordedSession(tokens.url, middlewares=[RefreshesWhenRefused()]) as session:
        assert await asyncio.gather(*(done(session.get("/things")) for _ in range(10))) == [200] * 10

    assert (len(tokens.refreshes), len(mock_target.exchanges)) == (1, 21)


async def test_a_refresh_that_is_refused_waits_for_the_lock_that_its_own_request_holds(mock_target):
    mock_target.on("*", "*").reply(401)
    timeout = aiohttp.ClientTimeout(total=0.3)
    async with RecordedSession(mock_target.url, middlewares=[RefreshesWhenRefused()], timeout=timeout) as session:
        with pytest.raises(TimeoutError):
            await done(session.get("/things"))

    assert [(call.request.path, call.attempts.statuses) for call in session.calls] == [
        ("/things", (401,)),
        ("/refresh", (401,)),
    ]


async def test_a_refresh_through_the_chain_without_a_lock_asks_for_itself_without_end(mock_target):
    tokens = Tokens(mock_target, expires_in=3600)
    async with RecordedSession(tokens.url, middlewares=[RefreshesByClock()]) as session:
        with pytest.raises(RecursionError):
            await done(session.get("/things"))

    assert len(session.calls.matching(path="/refresh")) > 10
    assert len(mock_target.exchanges) == 0


async def test_refusals_at_once_cause_a_login_each(mock_target):
    members = Members(mock_target)
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(members.url, cookie_jar=jar) as session:
        calls = record(session)
        await asyncio.gather(*(article(session, "/things") for _ in range(8)))

    assert len(calls.matching(path="/login")) == 8
    assert members.logins == 8


async def test_a_response_that_left_its_block_cannot_be_read(mock_target):
    mock_target.on("GET", "/").reply(body=bytes(2_000_000))
    async with aiohttp.ClientSession(mock_target.url) as session:
        response = await article(session, "/")
        with pytest.raises(aiohttp.ClientConnectionError, match="Connection closed"):
            await response.read()


async def test_a_digest_challenge_answered_with_a_generator_is_sent_as_an_empty_body(mock_target):
    @mock_target.on("PUT", "/").reply_with
    def challenge(request):
        if request.authorization is None:
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'})
        return "ok"

    chain = [aiohttp.DigestAuthMiddleware("user", "pass")]
    async with RecordedSession(mock_target.url, middlewares=chain) as session:
        await done(session.put("/", data=pieces()))

    call = session.calls.only()
    assert call.trace.entered == ["DigestAuthMiddleware"]
    assert [exchange.request.body for exchange in call.exchanges_in(mock_target.exchanges)] == [b"payload", b""]
