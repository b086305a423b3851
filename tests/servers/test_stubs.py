import asyncio

import pytest
from aiohttp import web

from mockproxy.errors import HandlerFailed
from mockproxy.matching.pattern import RequestPattern
from mockproxy.messages.message import Request
from mockproxy.routes.gate import Gate
from mockproxy.routes.stub import Stub
from mockproxy.servers.answers import reply_of
from mockproxy.servers.stubs import handler_failed, reply_from


@pytest.fixture
def stub():
    return Stub(RequestPattern.of("GET", "/{id}"), reply_of)


def replied(stub, **path_params):
    return asyncio.run(reply_from(stub, Request("GET", "/"), path_params))


def test_a_fixed_reply_is_given_as_it_is(stub):
    assert replied(stub.reply(418)).status == 418


def test_a_handler_is_asked_for_its_reply(stub):
    stub.reply_with(lambda request, id: web.Response(text=id))  # noqa: A006 - named as the path has it

    assert replied(stub, id="a%20b").body == b"a b"


def test_the_turn_is_taken_before_the_gates_are_passed(stub):
    gate = Gate()
    stub.reply(201).then(202).hold(gate)

    async def two():
        waiting = [asyncio.create_task(reply_from(stub, Request("GET", "/"), {})) for _ in range(2)]
        await asyncio.sleep(0)
        gate.open()
        return [(await each).status for each in waiting]

    assert asyncio.run(two()) == [201, 202]


def test_a_handler_that_raises_has_failed_and_the_failure_knows_why_and_where(stub):
    error = LookupError("lost")

    @stub.reply_with
    def broken(request):
        raise error

    with pytest.raises(HandlerFailed) as failure:
        replied(stub)

    assert str(failure.value) == "handler broken of GET /{id} raised LookupError: lost"
    assert failure.value.__cause__ is error
    assert failure.value.place == stub.place


def test_a_handler_that_raises_a_response_means_it(stub):
    @stub.reply_with
    def refuse(request):
        raise web.HTTPForbidden

    with pytest.raises(web.HTTPForbidden):
        replied(stub)


def test_a_handler_that_is_cancelled_has_not_failed(stub):
    @stub.reply_with
    async def waiting(request):
        await asyncio.get_running_loop().create_future()

    async def leave():
        task = asyncio.create_task(reply_from(stub, Request("GET", "/"), {}))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave())


def test_a_stream_that_cannot_begin_has_failed(stub):
    def stream():
        raise FileNotFoundError("feed.txt")

    with pytest.raises(HandlerFailed, match=r"the stream of GET /\{id\} raised FileNotFoundError: feed\.txt"):
        replied(stub.reply(stream=stream))


def test_a_failure_keeps_its_cause():
    error = LookupError("lost")
    failure = handler_failed("the stream", error, "test_a.py:7")

    assert (str(failure), failure.__cause__, failure.place) == (
        "the stream raised LookupError: lost",
        error,
        "test_a.py:7",
    )
