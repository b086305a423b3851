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
