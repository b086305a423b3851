"""How the client logs in, asserted on what the service was asked."""

import asyncio

import aiohttp
import pytest

from .reports import ReportsClient

pytestmark = pytest.mark.asyncio


def paths_of(service):
    return [exchange.request.path for exchange in service.server.exchanges]


async def test_it_logs_in_once_and_then_shows_the_cookie(service):
    service.reports["sales"] = {"total": 42}

    async with ReportsClient(service.server.url, "ada", "lovelace") as client:
        assert [await client.report("sales") for _ in range(3)] == [{"total": 42}] * 3

    login, *rest = service.server.exchanges
    assert (login.request.path, login.request.authorization.username) == ("/login", "ada")
    assert [exchange.request.path for exchange in rest] == ["/reports/sales"] * 3
    assert {exchange.request.cookies["session"] for exchange in rest} == {login.response.cookies["session"]}
    assert all(exchange.request.authorization is None for exchange in rest)


async def test_it_logs_in_again_when_its_session_has_expired_and_repeats_the_request(service):
    async with ReportsClient(service.server.url, "ada", "lovelace") as client:
        service.sessions.clear()
        await client.file("sales", {"total": 42})

    assert paths_of(service) == ["/login", "/reports/sales", "/login", "/reports/sales"]
    attempts = service.server.exchanges.attempts("PUT", "/reports/sales")
    assert attempts.statuses == (401, 204)
    assert attempts.same_body
    assert service.reports == {"sales": {"total": 42}}


async def test_requests_that_are_refused_at_once_share_one_login(service):
    service.reports["sales"] = {"total": 42}

    async with ReportsClient(service.server.url, "ada", "lovelace") as client:
        service.sessions.clear()
        await asyncio.gather(*(client.report("sales") for _ in range(20)))

    assert len(service.logins) == 2


async def test_an_error_that_no_login_mends_is_not_repeated(service):
    async with ReportsClient(service.server.url, "ada", "lovelace") as client:
        with pytest.raises(aiohttp.ClientResponseError, match="404"):
            await client.report("nowhere")

    assert paths_of(service) == ["/login", "/reports/nowhere"]


async def test_a_service_that_refuses_every_session_is_not_asked_for_ever(service):
    async with ReportsClient(service.server.url, "ada", "lovelace") as client:
        service.closed = True
        with pytest.raises(aiohttp.ClientResponseError, match="401"):
            await client.report("sales")

    assert paths_of(service) == ["/login", "/reports/sales", "/login", "/reports/sales"]


async def test_a_wrong_password_is_one_clear_error_without_the_password(service):
    with pytest.raises(aiohttp.ClientResponseError, match="the login of 'ada' failed") as failed:
        async with ReportsClient(service.server.url, "ada", "byron"):
            pass

    assert failed.value.status == 401
    assert "byron" not in repr(failed.value)
    assert paths_of(service) == ["/login"]


async def test_a_stream_cannot_be_repeated_and_the_error_says_so(service):
    async def pieces():
        yield b"one"
        yield b"two"

    async with ReportsClient(service.server.url, "ada", "lovelace") as client:
        service.sessions.clear()
        with pytest.raises(aiohttp.ClientPayloadError, match="a stream and is gone"):
            await client.upload("film", pieces())
        await client.upload("film", pieces())

    uploads = service.server.exchanges.matching(path="/uploads/film")
    assert [(exchange.response.status, exchange.request.body) for exchange in uploads] == [
        (401, b"onetwo"),
        (204, b"onetwo"),
    ]
