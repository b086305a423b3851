"""The steps inside an application, written into the record of the exchange that it is answering."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import NamedTuple

from mockproxy.hosting.answering import answering_under_trace
from mockproxy.pipeline.outgoing import RequestState, ResponseState
from mockproxy.pipeline.trace import Step, StepLog
from mockproxy.recording.recorder import Recorder


class BodySeen(NamedTuple):
    """A body that went by: what tells it from another, and its octets."""

    checksum: int
    length: int


class ApplicationStep:
    """One run of one middleware of an application: what came to it, what it passed on, what it made of the answer.

    The record of it is frozen with its exchange: one that is not left by then stays entered.
    """

    def __init__(self, name: str, level: str, request: RequestState, behind: tuple[str, ...] = ()) -> None:
        """``behind`` are the names of those who are known to stand further inside."""
        self._step = Step(name, None, level, "", request)
        self._behind = behind
        self._passed_at = 0.0
        self._away = 0.0
        self._passed_on = False
        self._left = False
        self._body_taken: BodySeen | None = None
        self._body_passed: BodySeen | None = None
        self._raised_inside: BaseException | None = None
        self._recorder = answering_under_trace()
        self._log = _log_of(self._recorder)

    def passed_on(self, request: RequestState) -> None:
        """The middleware has called what stands further inside, with this request."""
        if self._is_over:
            return
        self._passed_on = True
        # It may have accepted a WebSocket by itself before.
        self._step.answered = False
        self._log.passed_on()
        self._step.request_after = request
        self._passed_at = perf_counter()

    def body_taken(self, body: BodySeen) -> None:
        """The middleware has read the body of the request to its end."""
        self._body_taken = body

    def body_passed(self, body: BodySeen) -> None:
        """What stands further inside has read the body that the middleware gives it."""
        self._body_passed = body

    def returned(self, response: ResponseState | None) -> None:
        """What stands further inside has answered."""
        if self._is_over:
            return
        self._away += perf_counter() - self._passed_at
        self._step.response_before = response

    def raised_inside(self, error: BaseException, response: ResponseState | None = None) -> None:
        """What stands further inside has raised, which is no error of this middleware where it lets it pass.

        ``response`` is the one that the error stands for.
        """
        self._raised_inside = error
        self.returned(response)

    def answered(self, response: ResponseState | None) -> None:
        """What the middleware gives to whoever stands further outside; with that it is left."""
        if self._left or self._is_over:
            return
        self._left = True
        step = self._step
        step.response_after = response
        if not self._passed_on:
            step.answered = True
            self._log.answered(step)
        if self._body_taken is not None and self._body_passed is not None:
            step.request_before = _with_body(step.request_before, self._body_taken)
            step.request_after = _with_body(step.request_after, self._body_passed)
        step.elapsed = perf_counter() - step.entered_at
        step.own = step.elapsed - self._away
        self._log.leave(step)

    @contextmanager
    def logged(self) -> Iterator[None]:
        """Enters the step into the record of the current exchange, and leaves it at the end of the block at last."""
        self._log.enter(self._step)
        self._log.stands_before(self._step, self._behind)
        try:
            yield
        except BaseException as error:
            if error is not self._raised_inside and not self._is_over:
                self._step.error = error
            raise
        finally:
            self.answered(None)

    @property
    def _is_over(self) -> bool:
        return self._recorder is not None and self._recorder.closed


def _with_body(request: RequestState, body: BodySeen) -> RequestState:
    return request._replace(edits=body.checksum, length=body.length)


def _log_of(recorder: Recorder | None) -> StepLog:
    """The log of the exchange that is being answered; work that belongs to none is not recorded."""
    if recorder is None:
        return StepLog()
    if recorder.steps is None:
        recorder.steps = StepLog()
    return recorder.steps
