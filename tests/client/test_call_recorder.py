import asyncio

import aiohttp
import pytest

from mockproxy.client.call_recorder import CallSignals, current_call
from tests.support.done import done

pytestmark = pytest.mark.asyncio


@pytest.fixture
def anything(mock_target):
    mock_target.on("*", "*")
    return mock_target


class Watch:
    """A client middleware that notes which call is under way."""

    def __init__(self):
        self.seen = []

    async def __call__(self, request, handler):
        self.seen.append(current_call())
        return await handler(request)


async def test_a_call_is_under_way_from_its_start_to_its_end(anything):
    watch, signals = Watch(), CallSignals()
    config = [signals.trace_config()]
    async with aiohttp.ClientSession(anything.url, middlewares=[watch], trace_configs=config) as session:
        await done(session.get("/"))

    assert (watch.seen[0] is not None, current_call()) == (True, None)


async def test_calls_at_once_do_not_mix(anything):
    watch, signals = Watch(), CallSignals()
    config = [signals.trace_config()]
    async with aiohttp.ClientSession(anything.url, middlewares=[watch], trace_configs=config) as session:
        await asyncio.gather(*(done(session.get(f"/{number}")) for number in range(10)))

    assert len(set(watch.seen)) == 10
    assert [call.request.path for call in signals.calls] == [f"/{number}" for number in range(10)]


async def test_a_call_inside_a_call_gives_way_to_it_again(anything):
    inner, outer = CallSignals(), CallSignals()
    seen = []

    async def asks(request, handler):
        seen.append(current_call())
        async with aiohttp.ClientSession(anything.url, trace_configs=[inner.trace_config()]) as session:
            await done(session.get("/inner"))
        seen.append(current_call())
        return await handler(request)

    config = [outer.trace_config()]
    async with aiohttp.ClientSession(anything.url, middlewares=[asks], trace_configs=config) as session:
        await done(session.get("/outer"))

    assert seen[0] is seen[1] is not None
    assert (inner.calls.only().request.path, outer.calls.only().request.path) == ("/inner", "/outer")


async def test_a_call_that_fails_is_filed_with_its_error(unused_tcp_port):
    signals = CallSignals()
    async with aiohttp.ClientSession(trace_configs=[signals.trace_config()]) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await done(session.get(f"http://127.0.0.1:{unused_tcp_port}/"))

    assert signals.calls.only().error is caught.value
    assert current_call() is None


async def test_without_a_chain_there_are_no_attempts(anything):
    signals = CallSignals()
    async with aiohttp.ClientSession(anything.url, trace_configs=[signals.trace_config()]) as session:
        await done(session.get("/"))

    assert signals.calls.only().attempts.count == 0
