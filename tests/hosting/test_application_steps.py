from types import SimpleNamespace

import pytest

from mockproxy.hosting.answering import begin_answering
from mockproxy.hosting.application_steps import ApplicationStep, BodySeen
from mockproxy.wire.hosting import current_connection
from tests.support.stories import request_state, response_state


@pytest.fixture
def recorder():
    """The record of the exchange that is being answered."""
    recorder = SimpleNamespace(steps=None, closed=False)
    token = current_connection.set(SimpleNamespace(recorder=recorder))
    begin_answering(traced=True)
    yield recorder
    current_connection.reset(token)
    begin_answering(traced=True)


def trace_of(recorder):
    return recorder.steps.trace_of_application()


def test_it_is_entered_and_left_with_its_name_and_level(recorder):
    with ApplicationStep("gzip", "/eu", request_state()).logged():
        assert trace_of(recorder).left == []

    [step] = trace_of(recorder)
    assert (step.name, step.level, step.phase) == ("gzip", "/eu", None)
    assert trace_of(recorder).left == ["gzip"]


def test_what_it_passes_on_and_what_it_makes_of_the_answer_are_its_changes(recorder):
    step = ApplicationStep("gzip", "", request_state(target="/a"))
    with step.logged():
        step.passed_on(request_state(target="/b"))
        step.returned(response_state(200))
        step.answered(response_state(203))

    changes = trace_of(recorder)["gzip"].changes
    assert changes.path == ("/a", "/b")
    assert changes.response.status == (200, 203)


def test_one_that_does_not_pass_on_is_the_one_that_answered(recorder):
    outer = ApplicationStep("outer", "", request_state())
    with outer.logged():
        outer.passed_on(request_state())
        with ApplicationStep("inner", "", request_state()).logged():
            pass

    assert trace_of(recorder).answered_by == "inner"
    assert [step.answered for step in trace_of(recorder)] == [False, True]


def test_it_is_left_once_with_the_first_answer(recorder):
    step = ApplicationStep("gzip", "", request_state())
    with step.logged():
        step.passed_on(request_state())
        step.returned(response_state(200))
        step.answered(response_state(201))
        step.answered(response_state(202))

    assert trace_of(recorder).left == ["gzip"]
    assert trace_of(recorder)["gzip"].changes.response.status == (200, 201)


def test_what_it_raises_is_its_error(recorder):
    error = LookupError("nothing there")
    with pytest.raises(LookupError), ApplicationStep("gzip", "", request_state()).logged():
        raise error

    assert trace_of(recorder)["gzip"].error is error


def raise_through(step, inside, own):
    """What stands further inside raises one error, the middleware lets out another."""
    with step.logged():
        step.passed_on(request_state())
        step.raised_inside(inside)
        raise own


def test_what_passes_through_it_is_not_its_error(recorder):
    error = LookupError("inside")
    with pytest.raises(LookupError):
        raise_through(ApplicationStep("gzip", "", request_state()), error, error)

    assert trace_of(recorder)["gzip"].error is None


def test_what_it_makes_of_an_error_is_its_own(recorder):
    inside, own = LookupError("inside"), ValueError("own")
    with pytest.raises(ValueError, match="own"):
        raise_through(ApplicationStep("gzip", "", request_state()), inside, own)

    assert trace_of(recorder)["gzip"].error is own


def test_a_body_that_comes_and_goes_as_another_is_a_change(recorder):
    step = ApplicationStep("unzip", "", request_state(length=None))
    with step.logged():
        step.passed_on(request_state(length=None))
        step.body_taken(BodySeen(1, 25))
        step.body_passed(BodySeen(2, 5))

    assert trace_of(recorder)["unzip"].changes.body == (25, 5)


def test_a_body_that_only_one_side_has_read_is_no_change(recorder):
    step = ApplicationStep("audit", "", request_state(length=None))
    with step.logged():
        step.passed_on(request_state(length=None))
        step.body_taken(BodySeen(1, 25))

    assert trace_of(recorder)["audit"].changes.body is None


def test_work_that_comes_after_its_exchange_is_not_recorded(recorder):
    recorder.closed = True
    with ApplicationStep("gzip", "", request_state()).logged():
        pass

    assert recorder.steps is None


def test_work_outside_of_any_connection_is_not_recorded():
    with ApplicationStep("gzip", "", request_state()).logged():
        pass


def go_on_when_it_is_over(step, recorder):
    with step.logged():
        step.passed_on(request_state(target="/b"))
        recorder.closed = True
        step.passed_on(request_state(target="/c"))
        step.returned(response_state(200))
        step.answered(response_state(201))
        raise LookupError("too late")


def test_what_comes_after_its_exchange_leaves_the_record_as_it_was(recorder):
    with pytest.raises(LookupError):
        go_on_when_it_is_over(ApplicationStep("gzip", "", request_state(target="/a")), recorder)

    [step] = trace_of(recorder)
    assert trace_of(recorder).left == []
    assert step.changes.path == ("/a", "/b")
    assert not step.changes.response
    assert (step.elapsed, step.error) == (0.0, None)
