import asyncio
import io
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic

import aiohttp
import pytest
from yarl import URL

from mockproxy.client import RetryMiddleware
from mockproxy.errors import ConfigurationError
from tests.support.done import done
from tests.support.pipe import Pipe
from tests.support.raw import message
from tests.support.raw_origin import RawOrigin

pytestmark = pytest.mark.asyncio


def session(url, *, connector=None, **options):
    options = {"initial_delay": 0.001, **options}
    return aiohttp.ClientSession(url, connector=connector, middlewares=[RetryMiddleware(**options)])


async def statuses(target, method="GET", *, options=None, **request):
    async with session(target.url, **(options or {})) as client, client.request(method, "/", **request) as answer:
        await answer.read()
    return [exchange.response.status for exchange in target.exchanges]


async def test_it_repeats_until_an_answer_is_good(mock_target):
    mock_target.on("GET", "/").reply(503).then(503).then(200)

    assert await statuses(mock_target) == [503, 503, 200]


async def test_after_the_last_retry_the_answer_is_what_it_is(mock_target):
    mock_target.on("GET", "/").reply(500, text="sorry")
    async with session(mock_target.url) as client, client.get("/") as answer:
        assert (answer.status, await answer.text()) == (500, "sorry")

    assert len(mock_target.exchanges) == 4


@pytest.mark.parametrize("status", [200, 201, 301, 400, 401, 403, 404, 409, 501])
async def test_what_another_attempt_would_not_change_is_not_repeated(mock_target, status):
    mock_target.on("GET", "/").reply(status)

    assert await statuses(mock_target) == [status]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_what_may_pass_is_repeated(mock_target, status):
    mock_target.on("GET", "/").reply(status).then(200)

    assert await statuses(mock_target) == [status, 200]


async def test_the_statuses_may_be_chosen(mock_target):
    mock_target.on("GET", "/").reply(404).then(503)

    assert await statuses(mock_target, options={"statuses": {404}}) == [404, 503]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
async def test_idempotent_methods_are_repeated(mock_target, method):
    mock_target.on("*", "/").reply(503).then(200)

    assert await statuses(mock_target, method) == [503, 200]


@pytest.mark.parametrize("method", ["POST", "PATCH", "PURGE"])
async def test_other_methods_are_not(mock_target, method):
    mock_target.on("*", "/").reply(503)

    assert await statuses(mock_target, method) == [503]


async def test_other_methods_are_repeated_with_an_idempotency_key(mock_target):
    mock_target.on("POST", "/").reply(503).then(200)

    assert await statuses(mock_target, "POST", headers={"idempotency-key": "k"}) == [503, 200]


async def test_the_methods_may_be_chosen(mock_target):
    mock_target.on("POST", "/").reply(503).then(200)

    assert await statuses(mock_target, "POST", options={"methods": {"POST"}}) == [503, 200]


async def test_delays_grow_by_the_factor_up_to_the_longest(mock_target):
    mock_target.on("GET", "/").reply(503)
    delays = {"max_retries": 4, "initial_delay": 0.02, "backoff_factor": 3, "max_delay": 0.1}
    await statuses(mock_target, options=delays)

    first, second, third, fourth = mock_target.exchanges.attempts("GET", "/").delays
    assert first >= 0.02
    assert second >= 0.06
    assert third >= 0.1
    assert 0.1 <= fourth < 0.54


async def test_a_longer_retry_after_in_seconds_is_kept_to(mock_target):
    mock_target.on("GET", "/").reply(503, headers={"Retry-After": "1"}).then(200)
    await statuses(mock_target)

    assert mock_target.exchanges.attempts("GET", "/").delays[0] >= 1


async def test_a_retry_after_as_a_date_is_kept_to(mock_target):
    date = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    mock_target.on("GET", "/").reply(429, headers={"Retry-After": format_datetime(date, usegmt=True)}).then(200)
    await statuses(mock_target)

    assert mock_target.exchanges[1].started >= date.timestamp()


async def test_a_retry_after_beyond_the_bound_ends_it_at_once(mock_target):
    mock_target.on("GET", "/").reply(503, headers={"Retry-After": "3600"})
    async with asyncio.timeout(5):
        assert await statuses(mock_target) == [503]


async def test_no_repeat_begins_beyond_the_bound(mock_target):
    mock_target.on("GET", "/").reply(503)
    options = {"max_retries": 100, "initial_delay": 0.04, "backoff_factor": 1, "within": 0.1}

    assert len(await statuses(mock_target, options=options)) <= 3


def reset(peer):
    peer.message()
    peer.reset()


async def test_a_connection_that_breaks_is_repeated_exactly_as_often_as_told():
    with RawOrigin(reset) as origin:
        async with session(origin.url, max_retries=2) as client:
            with pytest.raises(aiohttp.ClientConnectionError, match="GET /"):
                await done(client.get("/"))

        assert len(origin.requests) == 3


async def test_a_connection_that_breaks_once_is_made_good():
    outcomes = iter([reset, None])

    def script(peer):
        broken = next(outcomes)
        if broken:
            broken(peer)
        else:
            peer.message()
            peer.send(message(b"HTTP/1.1 200 OK", b"Content-Length: 2", body=b"ok"))

    with RawOrigin(script) as origin:
        async with session(origin.url) as client, client.put("/", data=b"payload") as answer:
            assert await answer.text() == "ok"

        assert [request.body for request in origin.requests] == [b"payload"] * 2


async def test_a_refused_connection_is_repeated_and_then_raised(unused_tcp_port):
    async with session(f"http://127.0.0.1:{unused_tcp_port}", max_retries=1) as client:
        with pytest.raises(aiohttp.ClientConnectorError):
            await done(client.get("/"))


async def pieces():
    yield b"pay"
    yield b"load"


def stream_in_a_form():
    data = aiohttp.FormData()
    data.add_field("note", pieces(), filename="note.txt")
    return data


BODIES = {
    "bytes": lambda: b"payload",
    "str": lambda: "payload",
    "BytesIO": lambda: io.BytesIO(b"payload"),
    "async generator": pieces,
    "file that cannot be rewound": lambda: Pipe(b"payload"),
    "form with a stream": stream_in_a_form,
    "form": lambda: {"a": "payload"},
}


@pytest.mark.parametrize("kind", BODIES)
async def test_every_attempt_sends_the_whole_body(mock_target, kind):
    mock_target.on("PUT", "/").reply(503).then(503).then(200)
    await statuses(mock_target, "PUT", data=BODIES[kind]())

    attempts = mock_target.exchanges.attempts("PUT", "/")
    assert (attempts.count, attempts.same_body) == (3, True)
    assert b"payload" in attempts.exchanges[0].request.body
    framing = [
        (e.request.headers.get("Transfer-Encoding"), e.request.headers.get("Content-Length"))
        for e in attempts.exchanges
    ]
    assert len(set(framing)) == 1


async def test_every_attempt_waits_for_its_own_continue(mock_target):
    mock_target.on("PUT", "/").reply(503).then(503).then(200)

    assert await statuses(mock_target, "PUT", data=b"payload", expect100=True) == [503, 503, 200]
    assert mock_target.exchanges[-1].request.body == b"payload"


async def test_a_stream_that_is_too_long_to_be_kept_is_sent_whole_and_once(mock_target):
    async def long():
        for number in range(10):
            yield bytes([number]) * 100

    mock_target.on("PUT", "/").reply(503)

    assert await statuses(mock_target, "PUT", data=long(), options={"replay_limit": 250}) == [503]
    assert mock_target.exchanges.only().request.body == b"".join(bytes([number]) * 100 for number in range(10))


def early(peer):
    """Answers 503 before it has read the body, then reads the rest."""
    peer.head()
    peer.send(message(b"HTTP/1.1 503 Busy", b"Content-Length: 0", b"Connection: close"))
    peer.rest()


async def test_an_answer_that_comes_before_the_body_was_sent_is_no_reason_to_send_only_its_tail():
    taken = []

    def script(peer):
        if not taken:
            taken.append(None)
            early(peer)
        else:
            request = peer.message()
            taken.append(request.body)
            peer.send(message(b"HTTP/1.1 200 OK", b"Content-Length: 0"))

    body = bytes(range(256)) * 31250
    with RawOrigin(script) as origin:
        async with session(origin.url) as client, client.put("/", data=io.BytesIO(body)) as answer:
            assert answer.status == 200

    assert taken[1] == body


async def test_one_connection_is_enough_for_answers_with_long_bodies(mock_target):
    mock_target.on("GET", "/").reply(503, body=bytes(2_000_000)).then(200)
    connector = aiohttp.TCPConnector(limit=1)
    async with session(mock_target.url, connector=connector) as client, asyncio.timeout(10):
        assert await done(client.get("/")) == 200


async def test_a_short_answer_leaves_its_connection_to_the_next_attempt(mock_target):
    mock_target.on("GET", "/").reply(503, text="busy").then(503, text="busy").then(200)
    await statuses(mock_target)

    assert [exchange.place for exchange in mock_target.exchanges] == [0, 1, 2]


async def test_cancelling_a_delay_leaves_no_connection_behind(mock_target):
    mock_target.on("GET", "/").reply(503, body=bytes(2_000_000))
    mock_target.on("GET", "/next")
    connector = aiohttp.TCPConnector(limit=1)
    async with session(mock_target.url, connector=connector, initial_delay=60, max_delay=60, within=100) as client:
        request = asyncio.create_task(client.get("/"))
        await mock_target.exchanges.arrival(path="/")  # which it does when the connection is given up
        request.cancel()
        with suppress(asyncio.CancelledError):
            await request
        async with asyncio.timeout(5):
            await done(client.get("/next"))


async def test_the_timeout_of_the_call_ends_it_while_an_answer_is_thrown_away(mock_target):
    gate = mock_target.gate()
    mock_target.on("GET", "/").reply(503, stream=[b"begin", gate], headers={"Retry-After": "5"})
    started = monotonic()
    async with session(mock_target.url) as client:
        with pytest.raises(TimeoutError):
            await done(client.get("/", timeout=aiohttp.ClientTimeout(total=0.2)))
    gate.open()

    assert monotonic() - started < 5


async def test_a_session_that_was_closed_is_not_asked_again(mock_target):
    async with session(mock_target.url, initial_delay=60, within=100) as client:
        middleware = RetryMiddleware(initial_delay=60, within=100)

        async def closed(request):
            await client.close()
            raise aiohttp.ClientConnectionError("closed")

        request = aiohttp.ClientRequest("GET", URL(mock_target.url), session=client)
        with pytest.raises(aiohttp.ClientConnectionError):
            await middleware(request, closed)


async def test_a_session_that_is_closed_during_a_delay_is_an_error_that_says_so(mock_target):
    mock_target.on("GET", "/").reply(503)
    closing = []

    async def closes(request, handler):
        response = await handler(request)
        closing.append(asyncio.create_task(request.session.close()))
        return response

    chain = [RetryMiddleware(initial_delay=0.01), closes]
    async with aiohttp.ClientSession(mock_target.url, middlewares=chain) as client:
        with pytest.raises(aiohttp.ClientConnectionError, match=r"GET /: the session was closed .* after 503"):
            await done(client.get("/"))
    await asyncio.gather(*closing)


async def test_a_method_is_the_same_in_whatever_case_it_is_given(mock_target):
    mock_target.on("POST", "/").reply(503).then(200)

    assert await statuses(mock_target, "post", options={"methods": ["post"]}) == [503, 200]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"statuses": 503}, TypeError, r"must be a collection of numbers, such as \{503\}, not 503 alone"),
        ({"statuses": "503"}, TypeError, "not '503' alone"),
        ({"statuses": ["503"]}, ConfigurationError, "numbers from 100 to 999, such as 503, not '503'"),
        ({"statuses": [5]}, ConfigurationError, "not 5"),
        ({"methods": 3}, TypeError, "must be a collection of names, not 3 alone"),
        ({"methods": [3]}, ConfigurationError, "the method 3 cannot be sent"),
        ({"max_retries": "3"}, TypeError, "max_retries must be a number, not '3'"),
        ({"max_retries": 2.5}, TypeError, "max_retries must be a whole number"),
        ({"initial_delay": float("nan")}, ConfigurationError, "initial_delay=nan is no number"),
    ],
)
async def test_what_would_fail_or_never_match_at_a_request_is_refused_at_once(options, error, words):
    with pytest.raises(error, match=words):
        RetryMiddleware(**options)


async def test_one_method_instead_of_a_collection_is_refused():
    with pytest.raises(TypeError, match="must be a collection of names, not 'POST' alone"):
        RetryMiddleware(methods="POST")


@pytest.mark.parametrize("name", ["max_retries", "initial_delay", "backoff_factor", "max_delay", "jitter", "within"])
async def test_a_negative_number_is_refused(name):
    with pytest.raises(ConfigurationError, match=f"{name}=-1 is negative"):
        RetryMiddleware(**{name: -1})
