import asyncio
from contextlib import suppress
from contextvars import ContextVar

import pytest

from mockproxy.errors import MiddlewareFailed
from mockproxy.messages.source import read_all
from mockproxy.pipeline.answer import Answer
from mockproxy.pipeline.interception import HELD_SIZE, Interception

START = {"type": "http.response.start", "status": 200}
END = {"type": "http.response.body"}
variable = ContextVar("variable", default="before")


def piece(body):
    return {"type": "http.response.body", "body": body, "more_body": True}


def intercepted(intercept, *, method="run"):
    """What comes of an interceptor that is given its run, in the time of one test."""

    async def run():
        interception = Interception(Answer("interceptor x (proxy)", "GET"), "test.py:1")
        async with asyncio.timeout(5):
            await getattr(interception, method)(lambda: intercept(interception))
            return interception, await read_all(interception) if interception.streams else b""

    return asyncio.run(run())


def test_one_that_ends_at_once_is_held():
    async def intercept(interception):
        await interception.send(START)
        await interception.send(piece(b"one"))
        await asyncio.sleep(0)
        await interception.send(END)

    interception, _ = intercepted(intercept)

    assert not interception.streams
    assert interception.over.is_set()


@pytest.mark.parametrize("pieces", [[b"x"], [b"x" * (HELD_SIZE + 1)]])
def test_one_that_waits_or_sends_much_streams(pieces):
    async def intercept(interception):
        await interception.send(START)
        for each in pieces:
            await interception.send(piece(each))
        if len(pieces[0]) == 1:
            await asyncio.sleep(0.05)
        await interception.send(END)

    interception, body = intercepted(intercept)

    assert interception.streams
    assert body == pieces[0]


def test_as_much_as_may_be_held_is_held():
    async def intercept(interception):
        await interception.send(START)
        await interception.send(piece(b"x" * HELD_SIZE))
        await interception.send(END)

    assert not intercepted(intercept)[0].streams


def test_one_that_has_only_sent_its_head_is_waited_for():
    async def intercept(interception):
        await interception.send(START)
        await asyncio.sleep(0.05)
        await interception.send(END)

    assert not intercepted(intercept)[0].streams


def test_without_a_task_everything_is_held():
    async def intercept(interception):
        await interception.send(START)
        await interception.send(piece(b"x" * 2 * HELD_SIZE))
        await asyncio.sleep(0.05)
        await interception.send(END)

    assert not intercepted(intercept, method="run_here")[0].streams


def test_what_it_raises_before_it_streams_is_raised():
    error = LookupError("lost")

    async def intercept(interception):
        raise error

    with pytest.raises(LookupError) as raised:
        intercepted(intercept)

    assert raised.value is error
    assert raised.traceback[-1].name == "intercept"


def test_what_it_raises_while_it_streams_breaks_the_body_off_with_its_place():
    async def intercept(interception):
        await interception.send(START)
        await interception.send(piece(b"one"))
        await asyncio.sleep(0.05)
        raise LookupError("lost")

    with pytest.raises(MiddlewareFailed, match=r"^interceptor x \(proxy\) raised LookupError") as broken:
        intercepted(intercept)

    assert broken.value.place == "test.py:1"


@pytest.mark.parametrize("streams", [False, True])
def test_a_variable_of_the_context_that_it_sets_is_set_further_inside(streams):
    async def intercept(interception):
        variable.set("set")
        if streams:
            await interception.send(START)
            await interception.send(piece(b"x" * 2 * HELD_SIZE))
            await interception.send(END)

    async def run():
        interception = Interception(Answer("interceptor x", "GET"), "")
        await interception.run(lambda: intercept(interception))
        try:
            return variable.get(), interception.streams
        finally:
            interception.leave()
            await interception.ended()

    assert asyncio.run(run()) == ("set", streams)


@pytest.mark.parametrize("turns", [1, 2, 5])
def test_who_waits_for_it_and_is_cancelled_cancels_it(turns):
    seen = []

    async def intercept():
        seen.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            seen.append("ended")

    async def run():
        interception = Interception(Answer("interceptor x", "GET"), "")
        running = asyncio.create_task(interception.run(intercept))
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert asyncio.run(run()) == set()
    assert seen == ["begun", "ended"]


def test_the_end_of_the_loop_before_its_first_turn_is_no_passing():
    async def run():
        interception = Interception(Answer("interceptor x", "GET"), "")
        running = asyncio.create_task(interception.run(lambda: asyncio.sleep(0)))
        await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(run())


def test_one_that_does_not_mind_being_cancelled_goes_on():
    async def intercept():
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    async def run():
        interception = Interception(Answer("interceptor x", "GET"), "")
        running = asyncio.create_task(interception.run(intercept))
        for _ in range(3):
            await asyncio.sleep(0)
        running.cancel()
        await running
        return interception.streams

    assert asyncio.run(run()) is False


def test_a_bound_of_its_own_is_kept():
    async def intercept(interception):
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        intercepted(intercept)


def test_a_bound_around_it_is_kept():
    async def run():
        interception = Interception(Answer("interceptor x", "GET"), "")
        async with asyncio.timeout(0.01):
            await interception.run(asyncio.Event().wait)

    with pytest.raises(TimeoutError):
        asyncio.run(run())
