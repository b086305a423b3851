import asyncio

import aiohttp
import pytest
from aiohttp import web

from mockproxy.client import (
    AuthenticatedSession,
    BasicAuthMiddleware,
    LoggingMiddleware,
    RecordedSession,
    RetryMiddleware,
    TokenRefreshMiddleware,
    record,
)
from mockproxy.errors import ConfigurationError
from tests.support.done import done
from tests.support.members import Tokens

pytestmark = pytest.mark.asyncio


class Numbers:
    """Appends to a field at each attempt that passes it."""

    def __init__(self):
        self.count = 0

    async def __call__(self, request, handler):
        self.count += 1
        before = request.headers.get("X-Numbers")
        request.headers["X-Numbers"] = f"{before},{self.count}" if before else str(self.count)
        return await handler(request)


def retry():
    return RetryMiddleware(initial_delay=0)


async def test_attempts_of_a_retry_are_recorded_with_statuses_and_delays(mock_target):
    mock_target.on("GET", "/flaky").reply(503).then(503).then(200)
    chain = [RetryMiddleware(initial_delay=0.01, backoff_factor=3)]
    async with RecordedSession(mock_target.url, middlewares=chain) as session:
        await done(session.get("/flaky"))

    attempts = session.calls.only().attempts
    assert (attempts.count, attempts.statuses) == (3, (503, 503, 200))
    first, second = attempts.delays
    assert first >= 0.01
    assert second >= 0.03


@pytest.mark.parametrize(
    ("chain", "entered", "numbers"),
    [
        ((Numbers, retry), ["Numbers", "RetryMiddleware"], ["1", "1", "1"]),
        ((retry, Numbers), ["RetryMiddleware", *["Numbers"] * 3], ["1", "1,2", "1,2,3"]),
    ],
    ids=["outside the retry", "inside the retry"],
)
async def test_the_record_shows_what_the_order_of_the_chain_means(mock_target, chain, entered, numbers):
    mock_target.on("GET", "/").reply(503).then(503).then(200)
    async with RecordedSession(mock_target.url, middlewares=[make() for make in chain]) as session:
        await done(session.get("/"))

    call = session.calls.only()
    assert call.trace.entered == entered
    assert [attempt.request.headers["X-Numbers"] for attempt in call.attempts.sent] == numbers
    assert [exchange.request.headers["X-Numbers"] for exchange in mock_target.exchanges] == numbers


async def test_attempts_show_what_was_sent_and_the_call_what_was_asked(mock_target):
    mock_target.on("POST", "/a")
    async with RecordedSession(mock_target.url, middlewares=[BasicAuthMiddleware("u", "p")]) as session:
        await done(session.post("/a?x=1", headers={"X-Tag": "t"}, data=b"payload"))

    call = session.calls.only()
    assert (call.url, call.request.method, call.request.raw_target) == (f"{mock_target.url}/a?x=1", "POST", "/a?x=1")
    assert call.request.headers.items() == [("X-Tag", "t")]
    sent, received = call.attempts.sent[0].request, mock_target.exchanges.only().request
    assert (sent.method, sent.raw_target, sent.headers) == (received.method, received.raw_target, received.headers)


async def test_each_call_knows_the_exchanges_it_caused_on_connections_shared_with_others(mock_target):
    mock_target.on("GET", "/{name}").reply(503).then(200)
    connector = aiohttp.TCPConnector(limit=2)
    async with RecordedSession(mock_target.url, middlewares=[retry()], connector=connector) as session:
        await asyncio.gather(*(done(session.get(f"/{number}")) for number in range(20)))

    assert len({exchange.connection for exchange in mock_target.exchanges}) <= 2
    for call in session.calls:
        caused = call.exchanges_in(mock_target.exchanges)
        assert [exchange.request.path for exchange in caused] == [call.request.path] * call.attempts.count
    assert sum(call.attempts.count for call in session.calls) == len(mock_target.exchanges)


async def test_a_call_through_a_proxy_leads_to_its_exchange_and_that_to_the_target(mock_target, mock_proxy):
    mock_target.on("GET", "/")
    async with RecordedSession(mock_proxy.url) as session:
        await done(session.get("/"))

    (exchange,) = session.calls.only().exchanges_in(mock_proxy.exchanges)
    assert exchange.upstream.connection == mock_target.exchanges.only().connection


async def test_the_steps_of_a_redirect_are_attempts_of_one_call(mock_target):
    mock_target.on("GET", "/old").reply(302, headers={"Location": "/new"})
    mock_target.on("GET", "/new")
    async with RecordedSession(mock_target.url, middlewares=[LoggingMiddleware()]) as session:
        await done(session.get("/old"))

    call = session.calls.only()
    assert call.attempts.statuses == (302, 200)
    assert call.trace.entered == ["LoggingMiddleware"] * 2


async def test_a_connection_that_does_not_come_about_is_an_attempt_with_its_error(unused_tcp_port):
    chain = [RetryMiddleware(2, initial_delay=0)]
    async with RecordedSession(f"http://127.0.0.1:{unused_tcp_port}", middlewares=chain) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await done(session.get("/"))

    call = session.calls.only()
    assert call.error is caught.value
    assert call.attempts.statuses == (0, 0, 0)
    assert [type(attempt.error) for attempt in call.attempts.sent] == [aiohttp.ClientConnectorError] * 3
    assert [attempt.connection for attempt in call.attempts.sent] == [None] * 3


async def test_a_request_that_a_middleware_makes_is_a_call_of_its_own(mock_target):
    tokens = Tokens(mock_target)
    chain = [TokenRefreshMiddleware("/refresh", refresh_token="r1")]
    async with RecordedSession(tokens.url, middlewares=chain) as session:
        await done(session.get("/things"))

    asked, refresh = session.calls
    assert [asked.request.path, refresh.request.path] == ["/things", "/refresh"]
    assert (asked.trace.entered, refresh.trace.entered) == (["TokenRefreshMiddleware"], [])
    assert [exchange.request.path for exchange in asked.exchanges_in(mock_target.exchanges)] == ["/things"]
    assert [exchange.request.path for exchange in refresh.exchanges_in(mock_target.exchanges)] == ["/refresh"]


async def test_middlewares_of_a_single_request_are_recorded_in_place_of_the_sessions(mock_target):
    mock_target.on("GET", "/")
    async with RecordedSession(mock_target.url, middlewares=[retry()]) as session:
        await done(session.get("/", middlewares=[LoggingMiddleware()]))
        await done(session.get("/", middlewares=()))

    assert [call.trace.entered for call in session.calls] == [["LoggingMiddleware"], []]
    assert [call.attempts.statuses for call in session.calls] == [(200,), (200,)]


async def test_a_middleware_of_a_single_request_stands_where_the_request_was_written(mock_target):
    mock_target.on("GET", "/")
    async with RecordedSession(mock_target.url) as session:
        await (await asyncio.create_task(session.get("/", middlewares=[LoggingMiddleware()]))).read()
        with pytest.raises(TypeError, match="is no client middleware"):
            session.get("/", middlewares=["retry"])

    assert __file__ in session.calls.only().trace["LoggingMiddleware"].place


async def test_the_handshake_of_a_websocket_is_a_call(make_mock_target):
    async def echo(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(f"pong:{message.data}")
        return socket

    app = web.Application()
    app.router.add_get("/ws", echo)
    target = make_mock_target(app)
    chain = [BasicAuthMiddleware("u", "p")]
    async with RecordedSession(target.url, middlewares=chain) as session, session.ws_connect("/ws") as socket:
        await socket.send_str("ping")
        assert await socket.receive_str() == "pong:ping"

    call = session.calls.only()
    assert (call.response.status, call.trace.entered) == (101, ["BasicAuthMiddleware"])
    assert call.exchanges_in(target.exchanges) == tuple(target.exchanges)


async def test_a_call_that_is_cancelled_is_recorded(mock_target):
    gate = mock_target.gate()
    mock_target.on("GET", "/").hold(gate)
    async with RecordedSession(mock_target.url, middlewares=[LoggingMiddleware()]) as session:
        request = asyncio.ensure_future(session.get("/"))
        await asyncio.to_thread(gate.wait_for_held)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    gate.open()

    call = session.calls.only()
    assert isinstance(call.error, asyncio.CancelledError)
    assert call.trace.left == ["LoggingMiddleware"]


async def test_cookies_of_an_ip_address_are_kept(mock_target):
    mock_target.on("GET", "/").reply(headers={"Set-Cookie": "sid=1"})
    async with RecordedSession(mock_target.url) as session:
        await done(session.get("/"))
        await done(session.get("/"))

    assert mock_target.exchanges[1].request.cookies == {"sid": "1"}


async def test_the_session_itself_is_there_for_code_that_wants_one(mock_target):
    mock_target.on("GET", "/")
    async with RecordedSession(mock_target.url) as session:
        await done(session.session.get("/"))

    assert session.calls.only().response.status == 200


async def test_signals_of_the_application_still_come(mock_target):
    mock_target.on("GET", "/")
    seen = []

    async def ended(session, ctx, params):
        seen.append(params.response.status)

    config = aiohttp.TraceConfig()
    config.on_request_end.append(ended)
    async with RecordedSession(mock_target.url, trace_configs=[config]) as session:
        await done(session.get("/"))

    assert seen == [200]


async def test_a_signal_of_the_application_that_raises_is_the_error_of_the_call(mock_target):
    mock_target.on("GET", "/")

    async def ended(session, ctx, params):
        raise LookupError("mine")

    config = aiohttp.TraceConfig()
    config.on_request_end.append(ended)
    async with RecordedSession(mock_target.url, trace_configs=[config]) as session:
        with pytest.raises(LookupError, match="mine") as caught:
            await done(session.get("/"))

    assert session.calls.only().error is caught.value


async def test_a_header_that_cannot_be_sent_is_refused_by_aiohttp_and_recorded(mock_target):
    async with RecordedSession(mock_target.url) as session:
        with pytest.raises(TypeError, match="Cannot serialize non-str"):
            await done(session.get("/", headers={"X-Number": 1}))

    assert session.calls.only().request.headers["X-Number"] == "1"


async def test_it_must_be_entered_first():
    with pytest.raises(ConfigurationError, match="async with"):
        await RecordedSession("http://127.0.0.1:1").get("/")


async def test_it_is_entered_once_at_a_time_and_can_be_entered_again(mock_target):
    mock_target.on("GET", "/")
    session = RecordedSession(mock_target.url)
    async with session:
        with pytest.raises(ConfigurationError, match="open already"):
            await session.__aenter__()
        assert not session.session.closed
    async with session:
        await done(session.get("/"))

    assert len(session.calls) == 1


async def test_a_session_that_the_application_made_is_recorded_in_place(mock_target):
    mock_target.on("GET", "/").reply(503).then(200)
    async with aiohttp.ClientSession(mock_target.url, middlewares=(retry(), LoggingMiddleware())) as session:
        calls = record(session)
        await done(session.get("/"))

    call = calls.only()
    assert call.trace.entered == ["RetryMiddleware", "LoggingMiddleware", "LoggingMiddleware"]
    assert call.attempts.statuses == (503, 200)
    assert call.exchanges_in(mock_target.exchanges) == tuple(mock_target.exchanges)


async def test_a_session_that_shares_its_trace_configs_with_another_is_recorded_alone(mock_target):
    mock_target.on("GET", "/")
    shared = [aiohttp.TraceConfig()]
    async with (
        aiohttp.ClientSession(mock_target.url, trace_configs=shared) as session,
        aiohttp.ClientSession(mock_target.url, trace_configs=shared) as other,
    ):
        calls = record(session)
        await done(other.get("/"))
        await done(session.get("/"))

    assert (len(calls), len(shared)) == (1, 1)


async def test_a_connection_from_before_the_record_is_joined_as_any_other(mock_target):
    mock_target.on("GET", "/")
    async with aiohttp.ClientSession(mock_target.url) as session:
        await done(session.get("/"))
        calls = record(session)
        await done(session.get("/"))

    before, after = mock_target.exchanges
    assert before.connection == after.connection
    assert calls.only().exchanges_in(mock_target.exchanges) == (after,)


async def test_a_call_with_middlewares_of_its_own_is_recorded_without_steps(mock_target):
    mock_target.on("GET", "/")
    async with aiohttp.ClientSession(mock_target.url) as session:
        calls = record(session)
        await done(session.get("/", middlewares=[LoggingMiddleware()]))

    call = calls.only()
    assert (call.response.status, call.trace.entered, call.attempts.count) == (200, [], 0)


async def test_a_response_class_of_the_application_stays(mock_target):
    class Own(aiohttp.ClientResponse):
        pass

    mock_target.on("GET", "/")
    async with aiohttp.ClientSession(mock_target.url, response_class=Own) as session:
        calls = record(session)
        async with session.get("/") as answer:
            assert isinstance(answer, Own)

    assert calls.only().exchanges_in(mock_target.exchanges) == tuple(mock_target.exchanges)


async def test_a_session_that_carries_another_is_recorded_through_its_session(mock_target, mock_client):
    mock_target.on("GET", "/")
    with pytest.raises(TypeError, match=r"not LazySession: give its `\.session`"):
        record(mock_client)
    calls = record(mock_client.session)
    await done(mock_client.get(mock_target.url))

    assert calls.only().attempts.statuses == (200,)


async def test_an_authenticated_session_is_recorded_through_its_session_from_its_next_login_on(mock_target):
    mock_target.on("GET", "/login")
    mock_target.on("GET", "/things").reply(401).then(200)
    session = AuthenticatedSession(mock_target.url, auth=("user", "pass"))
    with pytest.raises(TypeError, match=r"not AuthenticatedSession: give its `\.session`"):
        record(session)
    async with session:
        calls = record(session.session)
        await done(session.get("/things"))

    assert [(call.request.path, call.response.status) for call in calls] == [
        ("/things", 401),
        ("/login", 200),
        ("/things", 200),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("x", "not str: give the session of the application"),
        (None, "not NoneType"),
        (aiohttp.ClientSession, "not the class ClientSession"),
    ],
)
async def test_what_is_no_session_is_refused(given, words):
    with pytest.raises(TypeError, match=f"only an aiohttp.ClientSession can be recorded, {words}"):
        record(given)


async def test_a_session_that_is_closed_is_refused():
    async with aiohttp.ClientSession() as session:
        pass
    with pytest.raises(ConfigurationError, match="this session is closed"):
        record(session)


async def test_a_recorded_session_is_recorded_already():
    with pytest.raises(ConfigurationError, match=r"its calls are `\.calls`"):
        record(RecordedSession("http://127.0.0.1:1"))


async def test_a_session_is_recorded_once():
    async with aiohttp.ClientSession() as session:
        record(session)
        with pytest.raises(ConfigurationError, match="recorded already"):
            record(session)
