import asyncio

import pytest
from aiohttp import web

from mockproxy.errors import MiddlewareFailed, Unmatched, UpstreamError, UpstreamTimeout
from mockproxy.messages.message import Response
from mockproxy.pipeline.entry import BoundEntry, adapt
from mockproxy.pipeline.phase import Phase
from mockproxy.pipeline.run import ChainRun
from mockproxy.servers.answers import response_of_error
from tests.support.chain import through
from tests.support.proxy_context import proxy_context, run_around


async def passing(ctx):
    yield


async def forbid(ctx):
    raise web.HTTPForbidden(text="not you")
    yield


async def broken(ctx):
    raise LookupError("a secret of the server")
    yield


async def broken_behind_its_yield(ctx):
    yield
    raise LookupError("a secret of the server")


def entries(*middlewares):
    return [BoundEntry(adapt(each, Phase.PROXY), "/level") for each in middlewares]


def test_an_http_error_of_an_inner_one_is_a_response_to_the_outer_ones():
    seen = []

    async def outer(ctx):
        yield
        seen.append((ctx.response.status, type(ctx.error)))
        ctx.response.headers["X-Seen"] = "1"

    crossing = through(outer, forbid)

    assert seen == [(403, web.HTTPForbidden)]
    assert crossing.response.status == 403
    assert crossing.response.body == b"not you"
    assert crossing.response.headers["X-Seen"] == "1"
    assert crossing.trace.answered_by == "forbid"
    assert crossing.troubles == ()


def test_an_outer_one_that_catches_everything_cannot_turn_a_refusal_into_its_own():
    async def authenticate(ctx):
        try:
            yield
        except Exception as error:
            raise web.HTTPUnauthorized from error

    assert through(authenticate, forbid).response.status == 403


def test_a_finally_has_run_before_there_is_a_response_to_send():
    events = []

    async def outer(ctx):
        try:
            yield
        finally:
            await asyncio.sleep(0)
            events.append("finally")

    crossing = through(outer, forbid)

    assert events == ["finally"]
    assert crossing.response.status == 403


@pytest.mark.parametrize(
    ("failure", "status"), [(UpstreamError("refused"), 502), (UpstreamTimeout("too slow"), 504), (Unmatched("no"), 501)]
)
def test_a_failing_core_is_a_response_to_the_middlewares(failure, status):
    seen = []

    async def outer(ctx):
        yield
        seen.append((ctx.response.status, ctx.error))

    run_around(entries(outer), failure)

    assert seen == [(status, failure)]


def test_trouble_of_the_core_is_noted():
    trips = run_around(entries(passing), Unmatched("nobody wants it"))

    assert [str(trouble) for trouble in trips.run.troubles] == ["nobody wants it"]


def test_a_request_that_cannot_be_sent_as_the_middlewares_left_it_is_trouble():
    trips = run_around(entries(passing), LookupError("lost"))

    assert trips.run.ctx.response.status == 500
    [trouble] = trips.run.troubles
    assert isinstance(trouble, MiddlewareFailed)
    assert str(trouble) == "the request could not be sent as the middlewares left it: LookupError: lost"
    assert isinstance(trouble.__cause__, LookupError)


@pytest.mark.parametrize("middleware", [broken, broken_behind_its_yield])
def test_an_exception_that_nobody_meant_is_a_500_that_says_nothing(middleware):
    crossing = through(passing, middleware)

    assert crossing.response.status == 500
    assert crossing.response.body == b"Internal Server Error\n"


@pytest.mark.parametrize("middleware", [broken, broken_behind_its_yield])
def test_an_exception_that_nobody_meant_is_trouble_with_its_cause_and_place(middleware):
    run = run_around(entries(passing, middleware)).run

    [trouble] = run.troubles
    step = run.trace()[middleware.__name__]
    assert isinstance(trouble, MiddlewareFailed)
    assert str(trouble) == (f"{middleware.__name__} (proxy, level '/level') raised LookupError: a secret of the server")
    assert isinstance(trouble.__cause__, LookupError)
    assert step.error is trouble.__cause__
    assert trouble.place == step.place
    assert run.ctx.error is trouble


def test_the_ones_inside_a_broken_one_do_not_run():
    crossing = through(broken, passing)

    assert crossing.forwarded is None
    assert crossing.trace.entered == ["broken"]
    assert crossing.trace.not_reached == ["passing"]


def test_any_exception_with_an_http_status_answers_with_it():
    class TeapotError(Exception):
        status_code = 418
        detail = "short and stout"

    async def refuse(ctx):
        raise TeapotError
        yield

    crossing = through(refuse)

    assert (crossing.response.status, crossing.response.body) == (418, b"short and stout\n")
    assert crossing.troubles == ()


def test_an_error_whose_response_cannot_be_sent_is_trouble_of_who_raised_it():
    class BadHeaders(Exception):
        status_code = 429
        headers = {"Retry-After": 30}  # noqa: RUF012 - as an application has it

    async def refuse(ctx):
        raise BadHeaders
        yield

    crossing = through(passing, refuse)

    assert crossing.response.status == 500
    [trouble] = crossing.troubles
    assert crossing.trace["refuse"].error is not None
    assert crossing.trace["passing"].error is None
    assert isinstance(trouble.__cause__, BadHeaders)
    [note] = trouble.__cause__.__notes__
    assert "cannot be sent: the value of header 'Retry-After' must be str or bytes, not int: 30" in note


def test_an_exception_beyond_exception_is_trouble_too():
    """As ``pytest.fail()`` and ``sys.exit()`` raise."""

    class Outcome(BaseException): ...

    async def fail(ctx):
        raise Outcome("the middleware fails the test")
        yield

    crossing = through(fail)

    assert crossing.response.status == 500
    [trouble] = crossing.troubles
    assert isinstance(trouble.__cause__, Outcome)


def test_a_cancelled_task_that_a_middleware_awaited_does_not_cancel_the_chain():
    async def awaits(ctx):
        task = asyncio.create_task(asyncio.sleep(0))
        task.cancel()
        await task
        yield

    crossing = through(passing, awaits)

    assert crossing.response.status == 500
    assert isinstance(crossing.troubles[0].__cause__, asyncio.CancelledError)


def test_a_chain_of_nothing_is_its_core():
    trips = run_around([], Response(202))

    assert trips.run.ctx.response.status == 202
    assert trips.run.trace().entered == []


def test_a_chain_that_is_cancelled_still_unwinds():
    events = []

    async def outer(ctx):
        try:
            yield
        finally:
            events.append("finally")

    async def never(ctx):
        await asyncio.get_running_loop().create_future()

    async def leave():
        run = ChainRun(entries(outer), proxy_context(), never, response_of_error)
        task = asyncio.create_task(run.run())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return run.trace()

    trace = asyncio.run(leave())
    assert events == ["finally"]
    assert trace.left == ["outer"]
