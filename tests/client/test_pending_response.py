import asyncio

import pytest

from mockproxy.client import RecordedSession

pytestmark = pytest.mark.asyncio


async def test_it_is_awaited_for_a_response_that_can_be_read_later(mock_target):
    mock_target.on("GET", "/").reply(text="hello")
    async with RecordedSession(mock_target.url) as session:
        answer = await session.get("/")
        assert await answer.text() == "hello"


async def test_it_is_entered_for_a_response_that_is_released(mock_target):
    mock_target.on("GET", "/").reply(body=bytes(2_000_000))
    async with RecordedSession(mock_target.url) as session:
        async with session.get("/") as answer:
            assert not answer.closed
        assert answer.closed


async def test_an_exception_inside_is_raised_and_the_response_released(mock_target):
    mock_target.on("GET", "/").reply(body=bytes(2_000_000))
    async with RecordedSession(mock_target.url) as session:
        with pytest.raises(LookupError):
            async with session.get("/") as answer:
                raise LookupError
        assert answer.closed


async def test_it_may_be_a_task_of_its_own(mock_target):
    mock_target.on("GET", "/").reply(text="hello")
    async with RecordedSession(mock_target.url) as session:
        answer = await asyncio.create_task(session.get("/"))
        assert await answer.text() == "hello"


async def test_a_task_of_it_can_be_cancelled(mock_target):
    gate = mock_target.gate()
    mock_target.on("GET", "/").hold(gate)
    async with RecordedSession(mock_target.url) as session:
        task = asyncio.create_task(session.get("/"))
        await asyncio.to_thread(gate.wait_for_held)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    gate.open()


async def test_it_may_be_closed_unmade(mock_target):
    async with RecordedSession(mock_target.url) as session:
        session.get("/").close()

    assert len(mock_target.exchanges) == 0
