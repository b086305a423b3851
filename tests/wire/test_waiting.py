import asyncio

import pytest

from mockproxy.wire.waiting import bounded

LATE = TimeoutError("too late")


async def waited(seconds: float, *, result: object = None, error: Exception | None = None) -> object:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[object] = loop.create_future()
    if error is not None:
        loop.call_soon(future.set_exception, error)
    elif result is not None:
        loop.call_soon(future.set_result, result)
    return await bounded(future, seconds, LATE)


def test_a_result_in_time_is_returned():
    assert asyncio.run(waited(5, result="done")) == "done"


def test_an_error_in_time_is_raised():
    with pytest.raises(ValueError, match="broken"):
        asyncio.run(waited(5, error=ValueError("broken")))


def test_a_result_that_does_not_come_raises_the_error_that_was_given():
    with pytest.raises(TimeoutError) as late:
        asyncio.run(waited(0.001))
    assert late.value is LATE


def test_a_result_that_is_there_needs_no_time():
    async def ready() -> str:
        future = asyncio.get_running_loop().create_future()
        future.set_result("done")
        return await bounded(future, 0, LATE)

    assert asyncio.run(ready()) == "done"


def test_a_wait_that_is_over_leaves_no_timer():
    async def timers() -> int:
        await waited(1000, result="done")
        # The loop has no public list of what is scheduled.
        return sum(not timer.cancelled() for timer in asyncio.get_running_loop()._scheduled)

    assert asyncio.run(timers()) == 0


def test_who_waits_may_be_cancelled():
    async def cancelled() -> bool:
        task = asyncio.create_task(waited(1000))
        await asyncio.sleep(0)
        task.cancel()
        return (await asyncio.wait({task}))[0].pop().cancelled()

    assert asyncio.run(cancelled())
