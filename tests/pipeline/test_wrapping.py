import pytest

from mockproxy.errors import ContentError, MiddlewareFailed
from mockproxy.messages.message import Request, Response
from mockproxy.pipeline.entry import BoundEntry, adapt
from mockproxy.pipeline.phase import Phase
from tests.support.chain import through
from tests.support.proxy_context import proxy_context, run_around


async def retry(ctx, call_next):
    response = await call_next()
    while response.status == 503:
        response = await call_next()
    return response


async def strip_prefix(ctx):
    ctx.request.path = ctx.request.path.removeprefix("/api")
    yield


def run(*middlewares, answers, ctx=None):
    return run_around([BoundEntry(adapt(each, Phase.PROXY), "") for each in middlewares], *answers, ctx=ctx)


def test_it_may_call_on_more_than_once_and_the_body_goes_out_again():
    ctx = proxy_context(Request("POST", "/a", {"Content-Length": "4"}, b"body"))
    trips = run(retry, answers=[Response(503), Response(503), Response(201)], ctx=ctx)

    assert trips.forwarded == [("POST", "/a", b"body")] * 3
    assert ctx.response.status == 201


def test_a_small_body_that_streams_is_kept_for_the_next_attempt():
    ctx = proxy_context(Request("POST", "/a", {"Content-Length": "4"}), pieces=[b"bo", b"dy"])
    trips = run(retry, answers=[Response(503), Response(201)], ctx=ctx)

    assert trips.forwarded == [("POST", "/a", b"body")] * 2


@pytest.mark.parametrize("headers", [{"Transfer-Encoding": "chunked"}, {"Content-Length": str(2 * 2**20)}])
def test_a_body_that_has_streamed_away_is_not_sent_again_as_an_empty_one(headers):
    ctx = proxy_context(Request("POST", "/a", headers), pieces=[b"x" * 2**20] * 2)
    trips = run(retry, answers=[Response(503), Response(201)], ctx=ctx)

    assert len(trips.forwarded) == 1
    assert ctx.response.status == 500
    [trouble] = trips.run.troubles
    assert isinstance(trouble.__cause__, ContentError)
    assert "`await ctx.request.hold()` before the first call_next() keeps it" in str(trouble)


def test_a_body_that_was_held_can_be_sent_again_however_it_came():
    async def hold_and_retry(ctx, call_next):
        await ctx.request.hold()
        return await retry(ctx, call_next)

    ctx = proxy_context(Request("POST", "/a", {"Transfer-Encoding": "chunked"}), pieces=[b"bo", b"dy"])
    trips = run(hold_and_retry, answers=[Response(503), Response(201)], ctx=ctx)

    assert trips.forwarded == [("POST", "/a", b"body")] * 2


def test_what_stands_inside_runs_anew_and_does_not_find_its_own_changes():
    ctx = proxy_context(Request("GET", "/api/api/x"))
    trips = run(retry, strip_prefix, answers=[Response(503), Response(200)], ctx=ctx)

    assert [target for _, target, _ in trips.forwarded] == ["/api/x", "/api/x"]
    assert trips.run.trace().entered == ["retry", "strip_prefix", "strip_prefix"]
    assert trips.run.trace().left == ["strip_prefix", "strip_prefix", "retry"]
    assert [step.changes.path for step in trips.run.trace().all("strip_prefix")] == [("/api/api/x", "/api/x")] * 2


@pytest.mark.parametrize("again", ["interceptor", "middleware"])
def test_path_parameters_of_an_attempt_are_not_those_of_the_next(again):
    seen = []

    class Interceptor:
        async def intercept(self, scope, receive, send):
            seen.append((dict(scope["path_params"]), scope.get("attempt")))
            scope["path_params"]["name"] += "!"
            scope["attempt"] = 1

    async def middleware(ctx):
        seen.append((dict(ctx.path_params), None))
        ctx.path_params["name"] += "!"
        yield

    ctx = proxy_context(path_params={"name": "ada"})
    run(retry, Interceptor if again == "interceptor" else middleware, answers=[Response(503), Response(200)], ctx=ctx)

    assert seen == [({"name": "ada"}, None)] * 2


def test_a_body_that_was_replaced_inside_is_replaced_anew():
    async def append(ctx):
        ctx.request.set_content(await ctx.request.read() + b"!")
        yield

    ctx = proxy_context(Request("POST", "/", {"Content-Length": "4"}, b"body"))
    trips = run(retry, append, answers=[Response(503), Response(200)], ctx=ctx)

    assert [body for _, _, body in trips.forwarded] == [b"body!", b"body!"]


def test_a_change_between_two_attempts_is_sent():
    async def count(ctx, call_next):
        await call_next()
        ctx.request.path = "/second"
        return await call_next()

    trips = run(count, answers=[Response(200)], ctx=proxy_context(Request("GET", "/first")))

    assert [target for _, target, _ in trips.forwarded] == ["/first", "/second"]


def test_it_may_answer_without_calling_on():
    async def cached(ctx, call_next):
        return Response(200, None, {"X-Cache": "hit"}, b"kept")

    crossing = through(cached)

    assert crossing.forwarded is None
    assert crossing.response.body == b"kept"
    assert crossing.trace.answered_by == "cached"


def test_it_may_give_another_response_than_the_target():
    async def replace(ctx, call_next):
        await call_next()
        return Response(204)

    crossing = through(replace, answer=Response(200))

    assert crossing.response.status == 204
    assert crossing.trace.answered_by is None


def test_it_may_change_the_response_that_it_was_given():
    async def mark(ctx, call_next):
        response = await call_next()
        response.headers["X-Seen"] = "1"
        return response

    assert through(mark).response.headers["X-Seen"] == "1"


def test_returning_nothing_is_trouble():
    async def forgetful(ctx, call_next):
        await call_next()

    crossing = through(forgetful)

    assert crossing.response.status == 500
    [trouble] = crossing.troubles
    assert isinstance(trouble, MiddlewareFailed)
    assert str(trouble) == (
        "forgetful returned NoneType instead of a response: return what call_next() gave, or a mockproxy.Response"
    )


def test_a_later_attempt_that_succeeds_leaves_no_error():
    class Busy(Exception):
        status_code = 503

    trips = run(retry, answers=[Busy(), Response(200)])

    assert trips.run.ctx.error is None
    assert trips.run.troubles == []


def test_an_inner_one_that_answered_only_the_first_attempt_did_not_answer():
    answers = [Response(503)]

    async def busy_at_first(ctx):
        if answers:
            ctx.answer(answers.pop())
        yield

    trips = run(retry, busy_at_first, answers=[Response(200)])

    assert len(trips.forwarded) == 1
    assert trips.run.trace().answered_by is None
