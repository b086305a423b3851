"""Which middlewares of the client run, how often, and what the service sees of it."""

import asyncio
import logging

import aiohttp
import pytest
from aiohttp import web

from mockproxy.client import RecordedSession, RetryMiddleware, record

from .payments import add_idempotency_key, open_session, pay

pytestmark = pytest.mark.asyncio


async def test_the_chain_runs_from_the_outside_in(service, session):
    service.on("POST", "/payments").reply(201, json={"id": 1})

    assert await pay(session, 42) == {"id": 1}

    call = session.calls.only(path="/payments")
    assert call.trace.entered == [
        "LoggingMiddleware",
        "add_idempotency_key",
        "RetryMiddleware",
        "TokenRefreshMiddleware",
    ]
    assert list(call.trace["add_idempotency_key"].changes.headers.added) == ["Idempotency-Key"]
    assert list(call.trace["TokenRefreshMiddleware"].changes.headers.added) == ["Authorization"]


async def test_a_payment_that_fails_is_repeated_under_one_key(service, session):
    service.on("POST", "/payments").reply(503).then(503).then(201, json={"id": 1})

    assert await pay(session, 42) == {"id": 1}

    attempts = service.exchanges.attempts("POST", "/payments")
    assert attempts.statuses == (503, 503, 201)
    assert attempts.same_header("Idempotency-Key")
    assert attempts.same_body
    first, second = attempts.delays
    assert 0.01 <= first < second


async def test_what_stands_inside_the_retry_runs_once_an_attempt(service, session):
    service.on("POST", "/payments").reply(503).then(503).then(201, json={"id": 1})

    await pay(session, 42)

    trace = session.calls.only(path="/payments").trace
    assert len(trace.all("LoggingMiddleware")) == len(trace.all("RetryMiddleware")) == 1
    assert len(trace.all("TokenRefreshMiddleware")) == 3


async def test_a_key_that_is_added_inside_the_retry_comes_too_late(service):
    service.on("POST", "/payments").reply(503)

    async with RecordedSession(service.url, middlewares=[RetryMiddleware(), add_idempotency_key]) as session:
        with pytest.raises(aiohttp.ClientResponseError, match="503"):
            await pay(session, 42)

    call = session.calls.only()
    assert call.trace.entered == ["RetryMiddleware", "add_idempotency_key"]
    assert call.attempts.count == 1


async def test_a_call_knows_the_exchanges_that_it_caused(service, session):
    service.on("POST", "/payments").reply(503).then(201, json={"id": 1})

    await asyncio.gather(pay(session, 42), pay(session, 43))

    for call in session.calls.matching(path="/payments"):
        exchanges = call.exchanges_in(service.exchanges)
        keys = {exchange.request.headers["Idempotency-Key"] for exchange in exchanges}
        assert tuple(exchange.response.status for exchange in exchanges) == call.attempts.statuses
        assert len(keys) == 1


async def test_a_dead_token_is_refreshed_once_for_all(service, session, mock_issuer):
    revoked = set()

    @service.on("POST", "/payments").reply_with
    def accept(request):
        if request.authorization.token in revoked:
            raise web.HTTPUnauthorized
        return {"by": mock_issuer.verify(request.authorization.token)["sub"]}

    assert await pay(session, 1) == {"by": "shop-7"}
    revoked.add(service.exchanges[-1].request.authorization.token)
    assert await asyncio.gather(*(pay(session, amount) for amount in range(20))) == [{"by": "shop-7"}] * 20

    assert len(service.exchanges.matching(path="/token")) == 2
    assert len(session.calls.matching(path="/token")) == 2


async def test_the_log_has_a_line_for_each_payment_and_no_secret(service, session, refresh_token, caplog):
    service.on("POST", "/payments").reply(503).then(201, json={"id": 1})

    with caplog.at_level(logging.INFO, logger="mockproxy.client"):
        await pay(session, 42)

    (line,) = [message for message in caplog.messages if "/payments" in message]
    token = service.exchanges[-1].request.authorization.token
    assert line.startswith(f"POST {service.url}/payments -> 201 in ")
    assert token not in caplog.text
    assert refresh_token not in caplog.text


async def test_the_session_of_production_is_recorded_as_it_is(service, refresh_token):
    service.on("POST", "/payments").reply(503).then(201, json={"id": 1})

    async with open_session(service.url, refresh_token) as session:
        calls = record(session)
        await pay(session, 42)

    call = calls.only(path="/payments")
    assert call.attempts.statuses == (503, 201)
    assert call.trace.entered[:3] == ["LoggingMiddleware", "add_idempotency_key", "RetryMiddleware"]
