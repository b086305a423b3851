import aiohttp
import pytest
from yarl import URL

from mockproxy.client import RecordedSession
from tests.support.done import done

pytestmark = pytest.mark.asyncio


async def called(target, *chain, method="GET", path="/", **request):
    async with RecordedSession(target.url, middlewares=chain) as session:
        await done(session.request(method, path, **request))
    return session.calls.only()


@pytest.fixture
def anything(mock_target):
    mock_target.on("*", "*")
    return mock_target


async def passes(request, handler):
    return await handler(request)


async def test_steps_are_entered_in_order_and_left_in_reverse(anything):
    async def inner(request, handler):
        return await handler(request)

    trace = (await called(anything, passes, inner)).trace
    assert (trace.entered, trace.left) == (["passes", "inner"], ["inner", "passes"])
    assert (trace.answered_by, trace.not_reached) == (None, [])


async def test_a_step_says_that_it_ran_in_the_client_and_where_it_was_given(anything):
    step = (await called(anything, passes)).trace["passes"]

    assert (step.phase, step.level) == (None, "client")
    assert __file__ in step.place


async def test_changes_of_header_fields_are_told_by_step(anything):
    async def sets(request, handler):
        request.headers["X-A"] = "1"
        request.headers["User-Agent"] = "mine"
        del request.headers["Accept"]
        return await handler(request)

    trace = (await called(anything, passes, sets)).trace
    changes = trace["sets"].changes.headers
    assert changes.added.items() == [("X-A", "1")]
    assert changes.removed.items() == [("Accept", "*/*")]
    assert changes.replaced == {"User-Agent": (aiohttp.http.SERVER_SOFTWARE, "mine")}
    assert not trace["passes"].changes


async def test_changes_of_method_path_and_query_are_told(anything):
    async def rewrites(request, handler):
        request.method = "DELETE"
        request.url = URL(f"{anything.url}/new?y=2")
        return await handler(request)

    changes = (await called(anything, rewrites, path="/old?x=1")).trace["rewrites"].changes
    assert (changes.method, changes.path, changes.query) == (("GET", "DELETE"), ("/old", "/new"), ("x=1", "y=2"))
    assert anything.exchanges.only().request.raw_target == "/new?y=2"


async def test_another_body_is_told_with_its_size(anything):
    async def replaces(request, handler):
        await request.update_body(b"longer")
        return await handler(request)

    changes = (await called(anything, replaces, method="POST", data=b"abc")).trace["replaces"].changes
    assert changes.body == (3, 6)


async def test_another_response_is_told(mock_target):
    mock_target.on("GET", "/first").reply(503, headers={"X-Which": "first"})
    mock_target.on("GET", "/second").reply(200, headers={"X-Which": "second"})

    async def asks_elsewhere(request, handler):
        (await handler(request)).release()
        return await request.session.get("/second", middlewares=())

    async with RecordedSession(mock_target.url, middlewares=[asks_elsewhere]) as session:
        await done(session.get("/first"))

    changes = session.calls[0].trace["asks_elsewhere"].changes.response
    assert (changes.status, changes.headers.replaced) == ((503, 200), {"X-Which": ("first", "second")})


async def test_who_answers_without_passing_on_is_named_with_those_not_reached(anything):
    async def answers(request, handler):
        return await request.session.get("/", middlewares=())

    async with RecordedSession(anything.url, middlewares=[passes, answers, passes]) as session:
        await done(session.get("/"))

    trace = session.calls[0].trace
    assert (trace.entered, trace.answered_by, trace.not_reached) == (["passes", "answers"], "answers", ["passes"])
    assert trace["answers"].answered


async def test_what_a_middleware_raises_stands_at_its_step_and_at_the_call(anything):
    async def refuses(request, handler):
        raise LookupError("no")

    async with RecordedSession(anything.url, middlewares=[passes, refuses]) as session:
        with pytest.raises(LookupError) as caught:
            await done(session.get("/"))

    call = session.calls.only()
    assert call.error is caught.value
    assert [step.error for step in call.trace] == [caught.value] * 2
    assert (call.attempts.count, call.trace.left) == (0, ["refuses", "passes"])


async def test_the_time_of_a_step_is_that_of_what_it_calls_and_its_own(anything):
    async def inner(request, handler):
        return await handler(request)

    call = await called(anything, passes, inner)
    outer_step, inner_step = call.trace
    assert call.elapsed >= outer_step.elapsed >= inner_step.elapsed >= call.attempts.sent[0].elapsed > 0
    assert 0 < outer_step.own < outer_step.elapsed


async def test_a_middleware_of_any_callable_kind_is_taken(anything):
    class Named:
        name = "by-name"

        async def __call__(self, request, handler):
            return await handler(request)

        async def method(self, request, handler):
            return await handler(request)

    assert (await called(anything, Named(), Named().method, passes)).trace.entered == ["by-name", "method", "passes"]


@pytest.mark.parametrize(
    ("given", "words"),
    [(aiohttp.DigestAuthMiddleware, "is a class: give an instance"), ("retry", "'retry' is no client middleware")],
)
async def test_what_is_no_middleware_is_refused_at_once(given, words):
    with pytest.raises(TypeError, match=words):
        RecordedSession("http://127.0.0.1:1", middlewares=[given])
