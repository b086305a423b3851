import aiohttp
import pytest

from mockproxy.client.call_recorder import CallSignals
from mockproxy.client.recorded_response import RecordedStart, recorded_class

pytestmark = pytest.mark.asyncio


async def get(target, *, recorded=True):
    signals = CallSignals()
    configs = [signals.trace_config()] if recorded else []
    response_class = recorded_class(aiohttp.ClientResponse)
    async with aiohttp.ClientSession(target.url, response_class=response_class, trace_configs=configs) as session:
        assert await (await session.get("/")).text() == "hello"
    return signals.calls


async def test_it_notes_connection_and_head_of_what_no_middleware_announced(mock_target):
    mock_target.on("GET", "/").reply(text="hello", headers={"X-Tag": "t"})
    attempt = (await get(mock_target)).only().attempts.sent[0]

    assert (attempt.response.status, attempt.response.headers["X-Tag"]) == (200, "t")
    assert attempt.connection == mock_target.exchanges.only().connection


async def test_outside_a_record_it_is_a_response_like_any_other(mock_target):
    mock_target.on("GET", "/").reply(text="hello")

    assert len(await get(mock_target, recorded=False)) == 0


async def test_a_class_that_is_recorded_stays_as_it_is():
    class Own(aiohttp.ClientResponse):
        pass

    once = recorded_class(Own)
    assert recorded_class(once) is once
    assert issubclass(once, Own)
    assert recorded_class(aiohttp.ClientResponse) is RecordedStart
