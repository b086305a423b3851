from mockproxy.errors import MiddlewareFailed
from mockproxy.messages.message import Response
from tests.support.chain import through


def test_what_stands_before_the_yield_runs_on_the_way_in_and_the_rest_on_the_way_out():
    events = []

    def tag(name):
        async def middleware(ctx):
            events.append(f"pre {name}")
            yield
            events.append(f"post {name} {ctx.response.status}")

        return middleware

    through(tag("a"), tag("b"), answer=Response(201))

    assert events == ["pre a", "pre b", "post b 201", "post a 201"]


def test_one_that_returns_without_a_yield_passes_on():
    async def sometimes(ctx):
        if "X-Wanted" not in ctx.request.headers:
            return
        yield

    crossing = through(sometimes, answer=Response(201))

    assert crossing.response.status == 201
    assert crossing.troubles == ()


def test_a_second_yield_is_reported():
    async def twice(ctx):
        yield
        yield

    crossing = through(twice)

    assert crossing.response.status == 500
    [trouble] = crossing.troubles
    assert isinstance(trouble, MiddlewareFailed)
    assert str(trouble) == "twice yielded a second time; a middleware has one `yield`"
    assert trouble.place == crossing.trace["twice"].place


def test_an_answer_before_the_yield_goes_no_further():
    events = []

    async def answer(ctx):
        ctx.answer(Response(418, None, {"X-By": "me"}, b"short"))
        yield
        events.append(ctx.response.status)

    crossing = through(answer)

    assert crossing.forwarded is None
    assert (crossing.response.status, crossing.response.body) == (418, b"short")
    assert events == [418]
    assert crossing.trace.answered_by == "answer"


def test_an_answer_after_the_yield_takes_the_place_of_the_response():
    async def replace(ctx):
        yield
        ctx.answer(Response(203, None, (), b"other"))

    crossing = through(replace, answer=Response(200, None, (), b"first"))

    assert crossing.forwarded is not None
    assert (crossing.response.status, crossing.response.body) == (203, b"other")
    assert crossing.trace.answered_by is None


def test_an_answer_without_a_yield_is_an_answer():
    async def answer(ctx):
        ctx.answer(Response(418))
        return
        yield

    crossing = through(answer)

    assert crossing.forwarded is None
    assert crossing.response.status == 418


def test_a_finally_runs_when_an_inner_one_fails():
    events = []

    async def outer(ctx):
        try:
            yield
        finally:
            events.append("finally")

    async def broken(ctx):
        raise LookupError
        yield

    through(outer, broken)

    assert events == ["finally"]
