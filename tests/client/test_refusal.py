import aiohttp
import pytest

from mockproxy.client.refusal import refusal

pytestmark = pytest.mark.asyncio


async def test_it_tells_status_and_reason_and_no_secret(mock_target):
    mock_target.on("GET", "/login").reply(403, reason="Nope")
    headers = {"Authorization": "Basic aHVudGVyMg==", "X-Tag": "t"}
    async with (
        aiohttp.ClientSession(mock_target.url) as session,
        session.get("/login?token=hunter2", headers=headers) as answer,
    ):
        error = refusal(answer, "the login failed")

    assert (error.status, error.message) == (403, "the login failed: Nope")
    assert error.request_info.headers["X-Tag"] == "t"
    for text in (str(error), repr(error)):
        assert "hunter2" not in text
        assert "aHVudGVyMg==" not in text


async def test_its_url_is_that_of_the_request(mock_target):
    mock_target.on("GET", "/login").reply(403)
    async with aiohttp.ClientSession(mock_target.url) as session, session.get("/login?a=1%2B2") as answer:
        error = refusal(answer, "the login failed")

    assert str(error.request_info.real_url) == f"{mock_target.url}/login?a=1%2B2"
