"""Who ran, in order, and what each of them changed.

A step holds the states of the message around it; what changed is worked out when a test asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

from mockproxy.messages.changes import FieldChanges
from mockproxy.messages.headers import Headers
from mockproxy.messages.length import declared_length
from mockproxy.messages.url import path_and_query
from mockproxy.pipeline.outgoing import RequestState, ResponseState
from mockproxy.pipeline.phase import Phase

T = TypeVar("T")

Sizes = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class ResponseChanges:
    """What a step did to the response; None, and empty field changes, stand for what it left alone.

    ``body`` is the size on the wire before and after, None for one that is not known before it ends.
    """

    status: tuple[int, int] | None
    headers: FieldChanges
    body: Sizes | None

    def __bool__(self) -> bool:
        return bool(self.status or self.headers or self.body)


@dataclass(frozen=True, slots=True)
class Changes:
    """What a step did to the request, and under ``response`` to the response.

    Pairs are the value before and after; None, and empty mappings, stand for what it left alone.
    """

    method: tuple[str, str] | None
    path: tuple[str, str] | None
    query: tuple[str, str] | None
    headers: FieldChanges
    path_params: dict[str, tuple[object, object]]
    body: Sizes | None
    response: ResponseChanges

    def __bool__(self) -> bool:
        """Whether the request or the response is another than before."""
        request = (self.method, self.path, self.query, self.headers, self.path_params, self.body)
        return any(map(bool, request)) or bool(self.response)


class Step:
    """One run of one middleware.

    ``phase`` is None for one that runs in a client or in an application: phases are those of a proxy.
    ``elapsed`` is the time from entering to leaving in seconds, ``own`` the part of it spent in the middleware itself
    and not in what it called; ``error`` is what it raised, ``answered`` whether it answered without passing on.
    ``entered_at`` is a reading of ``time.perf_counter``, good for comparing steps of one process.
    """

    __slots__ = ("answered", "elapsed", "entered_at", "error", "level", "name", "own", "phase", "place",
                 "request_after", "request_before", "response_after", "response_before")  # fmt: skip

    def __init__(self, name: str, phase: Phase | None, level: str, place: str, request: RequestState) -> None:
        self.name = name
        self.phase = phase
        self.level = level
        self.place = place
        self.entered_at = perf_counter()
        self.elapsed = 0.0
        self.own = 0.0
        self.error: BaseException | None = None
        self.answered = False
        self.request_before = request
        self.request_after = request
        self.response_before: ResponseState | None = None
        self.response_after: ResponseState | None = None

    @property
    def left_at(self) -> float:
        """As ``entered_at``, for the end of the step."""
        return self.entered_at + self.elapsed

    @property
    def changes(self) -> Changes:
        before, after = self.request_before, self.request_after
        old_path, old_query = path_and_query(before.raw_target)
        new_path, new_query = path_and_query(after.raw_target)
        return Changes(
            method=_pair(before.method, after.method),
            path=_pair(old_path, new_path),
            query=_pair(old_query or "", new_query or ""),
            headers=FieldChanges.between(before.fields, after.fields),
            path_params=_params(dict(before.path_params), dict(after.path_params)),
            body=None if before.edits == after.edits else (_size(before), _size(after)),
            response=self._response_changes(),
        )

    def _response_changes(self) -> ResponseChanges:
        before, after = self.response_before, self.response_after
        if before is None or after is None:
            return ResponseChanges(None, FieldChanges.between((), ()), None)
        return ResponseChanges(
            status=_pair(before.status, after.status),
            headers=FieldChanges.between(before.fields, after.fields),
            body=None if before.edits == after.edits else (_size(before), _size(after)),
        )

    def __repr__(self) -> str:
        level = f" level={self.level!r}" if self.level else ""
        return f"<Step {self.name} {self.phase!r}{level}>"


def position(step: Step) -> str:
    """The phase and the level of a step, for messages."""
    phase = "" if step.phase is None else step.phase.value
    return f"{phase}, level {step.level!r}" if step.level else phase


class Order(list[str]):
    """Names in the order in which they ran; compared with another list in an assertion, it says where they differ."""

    __slots__ = ()


class Trace:
    """The steps of one exchange, in the order in which they were entered."""

    __slots__ = ("answered_by", "leaving", "not_reached", "steps")

    def __init__(
        self,
        steps: tuple[Step, ...] = (),
        left: tuple[Step, ...] = (),
        answered_by: str | None = None,
        not_reached: tuple[str, ...] = (),
    ) -> None:
        self.steps = steps
        self.leaving = left
        """The steps in the order in which they were left; not those that were still entered when the record ended."""
        self.answered_by = answered_by
        """Who answered instead of passing on: the name of a middleware, or what a stub of the proxy says of itself.
        None where a target, or the handler of an application, was asked, and where no route led to one.
        """
        self.not_reached = list(not_reached)
        """The names of those who stood behind the middleware that answered, in order; nobody where none did.

        Inside an application these are the middlewares behind it in its own list, and those of the Starlette, FastAPI
        or Lilya application that the list stands around; in aiohttp also those of the sub-applications on the way to
        the route.
        What stands behind a route that was not chosen yet is not known, and neither are the interceptors of Esmerald
        and Ravyn: these are never named, and where one of them answered nobody is.
        """

    @property
    def entered(self) -> list[str]:
        return Order(step.name for step in self.steps)

    @property
    def left(self) -> list[str]:
        return Order(step.name for step in self.leaving)

    def __getitem__(self, name: str) -> Step:
        """The first step of this name; raises ``KeyError`` that names those who ran."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(f"{name!r} did not run; entered: {', '.join(self.entered) or 'nobody'}")

    def all(self, name: str) -> list[Step]:
        """Every step of this name: more than one where a wrapping middleware called on again."""
        return [step for step in self.steps if step.name == name]

    def __contains__(self, name: object) -> bool:
        return any(step.name == name for step in self.steps)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __repr__(self) -> str:
        answered = f" answered_by={self.answered_by!r}" if self.answered_by else ""
        return f"<Trace entered={self.entered} left={self.left}{answered}>"


def _size(state: RequestState | ResponseState) -> int | None:
    """The octets of the body: as they were held, else as the head declares them."""
    if state.length is not None:
        return state.length
    return declared_length(Headers.of_wire(state.fields))


def merged(*traces: Trace) -> Trace:
    """One trace of all steps of several, in the order in which they happened.

    ``answered_by`` and ``not_reached`` are those of the first trace that was answered before its end, if any was.
    """
    entered = sorted((step for trace in traces for step in trace.steps), key=lambda step: step.entered_at)
    leaving = sorted((step for trace in traces for step in trace.leaving), key=lambda step: step.left_at)
    stopped = next((trace for trace in traces if trace.answered_by), Trace())
    return Trace(tuple(entered), tuple(leaving), stopped.answered_by, tuple(stopped.not_reached))


class StepLog:
    """Gathers the steps of one exchange while they happen."""

    __slots__ = ("_answered", "_behind", "_entered", "_left")

    def __init__(self) -> None:
        self._entered: list[Step] = []
        self._behind: dict[Step, tuple[str, ...]] = {}
        self._left: list[Step] = []
        self._answered: Step | None = None

    def enter(self, step: Step) -> None:
        self._entered.append(step)

    def leave(self, step: Step) -> None:
        self._left.append(step)

    def changed_params(self) -> Iterator[tuple[Step, str]]:
        """Who has set or taken out a path parameter, and its name."""
        for step in self._entered:
            for name in step.changes.path_params:
                yield step, name

    def trace(self, answered_by: str | None = None, not_reached: tuple[str, ...] = ()) -> Trace:
        return Trace(tuple(self._entered), tuple(self._left), answered_by, not_reached)

    # What the steps inside of an application tell of themselves.

    def stands_before(self, step: Step, behind: tuple[str, ...]) -> None:
        """Names those who stand behind a step, as far as that is known."""
        self._behind[step] = behind

    def passed_on(self) -> None:
        """A step has called on: whoever answered an earlier attempt did not answer this one."""
        self._answered = None

    def answered(self, step: Step) -> None:
        self._answered = self._answered or step

    def trace_of_application(self) -> Trace:
        if self._answered is None:
            return self.trace()
        return self.trace(self._answered.name, self._not_reached(self._behind.get(self._answered, ())))

    def _not_reached(self, behind: tuple[str, ...]) -> tuple[str, ...]:
        """Those of them whom no earlier attempt reached."""
        reached = [rest for step, rest in self._behind.items() if (step.name, *rest) == behind[-len(rest) - 1 :]]
        return min([behind, *reached], key=len)


def _pair(before: T, after: T) -> tuple[T, T] | None:
    return None if before == after else (before, after)


def _params(before: dict[str, object], after: dict[str, object]) -> dict[str, tuple[object, object]]:
    names = [*before, *(name for name in after if name not in before)]
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}
