import pytest

from mockproxy.messages.message import Request, Response
from mockproxy.pipeline.entry import BoundEntry, adapt
from mockproxy.pipeline.phase import Phase
from tests.support.chain import through
from tests.support.proxy_context import proxy_context, run_around


class Pass:
    def __init__(self, name):
        self.name = name

    async def __call__(self, ctx):
        yield


class Answer:
    name = "answer"

    async def __call__(self, ctx):
        ctx.answer(Response(418))
        yield


def changes_of(middleware, *, request=None, answer=None):
    return through(middleware, request=request, answer=answer).trace.steps[0].changes


def test_steps_are_entered_in_order_and_left_in_reverse():
    trace = through(Pass("a"), Pass("b"), Pass("c")).trace

    assert trace.entered == ["a", "b", "c"]
    assert trace.left == ["c", "b", "a"]


def test_it_names_who_answered_and_who_was_not_reached():
    trace = through(Pass("a"), Answer(), Pass("b"), Pass("c")).trace

    assert trace.answered_by == "answer"
    assert trace["answer"].answered
    assert not trace["a"].answered
    assert trace.not_reached == ["b", "c"]
    assert trace.left == ["answer", "a"]


def test_nobody_has_answered_where_the_target_did():
    trace = through(Pass("a")).trace

    assert trace.answered_by is None
    assert trace.not_reached == []


def test_a_step_is_found_by_its_name():
    trace = through(Pass("a"), Pass("b")).trace

    assert trace["b"] is trace.steps[1]
    assert "b" in trace
    assert "c" not in trace
    assert len(trace) == 2


def test_a_step_that_did_not_run_is_asked_for_in_vain():
    with pytest.raises(KeyError, match="'c' did not run; entered: a, b"):
        _ = through(Pass("a"), Pass("b")).trace["c"]


def test_a_step_knows_its_phase_its_level_and_its_place():
    entry = adapt(Pass("a"), Phase.TARGET_EDGE)
    step = run_around([BoundEntry(entry, "/shops")]).run.trace()["a"]

    assert (step.phase, step.level, step.place) == (Phase.TARGET_EDGE, "/shops", entry.place)


def test_a_change_of_the_path_is_told_apart_from_one_of_the_query():
    async def rewrite(ctx):
        ctx.request.path = "/b"
        yield

    changes = changes_of(rewrite, request=Request("GET", "/a?x=1"))
    assert changes.path == ("/a", "/b")
    assert changes.query is None


def test_a_change_of_the_query_shows_both_texts():
    async def rewrite(ctx):
        ctx.request.query = {"y": "2"}
        yield

    changes = changes_of(rewrite, request=Request("GET", "/a?x=1"))
    assert changes.query == ("x=1", "y=2")
    assert changes.path is None


def test_a_change_of_the_method_is_noted():
    async def post(ctx):
        ctx.request.method = "POST"
        yield

    assert changes_of(post).method == ("GET", "POST")


def test_header_fields_added_removed_and_replaced_are_told_apart():
    async def edit(ctx):
        ctx.request.headers["X-New"] = "1"
        ctx.request.headers["X-Kept"] = "after"
        del ctx.request.headers["X-Old"]
        yield

    request = Request("GET", "/", [("X-Old", "1"), ("X-Kept", "before"), ("X-Same", "s")])
    headers = changes_of(edit, request=request).headers
    assert headers.added.items() == [("X-New", "1")]
    assert headers.removed.items() == [("X-Old", "1")]
    assert headers.replaced == {"X-Kept": ("before", "after")}


def test_a_change_of_path_parameters_shows_both_values():
    async def rename(ctx):
        ctx.path_params["name"] = "eve"
        yield

    ctx = proxy_context(path_params={"name": "ada", "id": "7"})
    trace = run_around([BoundEntry(adapt(rename, Phase.PROXY), "")], ctx=ctx).run.trace()
    assert trace["rename"].changes.path_params == {"name": ("ada", "eve")}


def test_a_new_request_body_shows_both_sizes():
    async def lengthen(ctx):
        ctx.request.set_content(await ctx.request.read() + b"de")
        yield

    assert changes_of(lengthen, request=Request("POST", "/", {"Content-Length": "3"}, b"abc")).body == (3, 5)


def test_reading_a_body_is_no_change():
    async def read(ctx):
        await ctx.request.read()
        yield
        await ctx.response.read()

    step = through(read, request=Request("POST", "/", (), b"abc"), answer=Response(200, None, (), b"x")).trace["read"]
    assert not step.changes


def test_the_response_side_has_changes_of_its_own():
    async def edit(ctx):
        yield
        ctx.response.status = 202
        ctx.response.headers["X-Seen"] = "1"
        ctx.response.set_content(b"four")

    changes = changes_of(edit, answer=Response(200, None, {"Content-Length": "2"}, b"ok"))
    assert changes.response.status == (200, 202)
    assert changes.response.headers.added.items() == [("X-Seen", "1")]
    assert changes.response.headers.replaced == {"Content-Length": ("2", "4")}
    assert changes.response.body is not None
    assert changes.response.body[1] == 4
    assert not changes.headers


def test_each_step_is_held_against_what_it_was_given():
    async def outer(ctx):
        ctx.request.path = "/outer"
        yield
        ctx.response.headers["X-Order"] = "outer"

    async def inner(ctx):
        ctx.request.path = "/inner"
        yield
        ctx.response.headers["X-Order"] = "inner"

    trace = through(outer, inner, request=Request("GET", "/")).trace
    assert trace["outer"].changes.path == ("/", "/outer")
    assert trace["inner"].changes.path == ("/outer", "/inner")
    assert trace["outer"].changes.response.headers.replaced == {"X-Order": ("inner", "outer")}


def test_a_step_that_changed_nothing_has_no_changes():
    assert not changes_of(Pass("a"), request=Request("GET", "/a?x=1", {"A": "1"}, b"body"))


def test_the_time_of_a_step_holds_that_of_the_steps_inside_it_but_not_its_own():
    trace = through(Pass("outer"), Pass("inner")).trace
    outer, inner = trace["outer"], trace["inner"]

    assert outer.elapsed >= outer.own + inner.elapsed
    assert inner.elapsed > inner.own > 0


def test_its_repr_tells_the_story():
    trace = through(Pass("a"), Answer()).trace

    assert repr(trace) == "<Trace entered=['a', 'answer'] left=['answer', 'a'] answered_by='answer'>"
    assert repr(trace["a"]) == "<Step a Phase.PROXY>"
