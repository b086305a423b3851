import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request, Response
from tests.support.proxy_context import proxy_context


def test_there_is_no_response_before_the_target_has_answered():
    ctx = proxy_context()

    assert not ctx.answered
    with pytest.raises(ConfigurationError, match=r"no response yet.*after the `yield` or after call_next"):
        _ = ctx.response


def test_answer_makes_the_response():
    ctx = proxy_context()
    ctx.answer(Response(418, "Teapot", {"X-A": "1"}, b"short"))

    assert ctx.answered
    assert (ctx.response.status, ctx.response.reason, ctx.response.headers["x-a"]) == (418, "Teapot", "1")
    assert ctx.response.length == 5


def test_answer_takes_nothing_but_a_response():
    with pytest.raises(ConfigurationError, match=r"ctx\.answer takes a mockproxy\.Response, not dict"):
        proxy_context().answer({"status": 200})


def test_what_came_in_stays_when_the_outgoing_request_is_changed():
    ctx = proxy_context(Request("GET", "/a?x=1", {"X-A": "1"}))
    ctx.request.method, ctx.request.path = "POST", "/b"
    ctx.request.headers["X-A"] = "2"

    assert (ctx.incoming.method, ctx.incoming.raw_target, ctx.incoming.headers["X-A"]) == ("GET", "/a?x=1", "1")


def test_state_begins_empty_and_is_not_shared():
    first, second = proxy_context(), proxy_context()
    first.state["user"] = "ada"

    assert second.state == {}


def test_a_cleared_response_is_gone():
    ctx = proxy_context()
    ctx.answer(Response(503))
    ctx.clear_response()

    assert not ctx.answered
