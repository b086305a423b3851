"""Exchanges made by hand: what a proxy would have filed, without one."""

from collections.abc import Sequence

from mockproxy.errors import Trouble
from mockproxy.messages.connection import Connection
from mockproxy.messages.headers import FieldsGiven, raw_fields
from mockproxy.messages.message import Request, Response
from mockproxy.messages.websocket import WebSocket
from mockproxy.pipeline.outgoing import RequestState, ResponseState
from mockproxy.pipeline.phase import Phase
from mockproxy.pipeline.trace import Step, Trace
from mockproxy.recording.exchange import Exchange, Leg

CONNECTION = Connection(("127.0.0.1", 50000), ("127.0.0.1", 8000))


def request_state(
    method: str = "GET",
    target: str = "/v1/users",
    fields: FieldsGiven = (),
    *,
    params: dict[str, object] | None = None,
    edits: int = 0,
    length: int | None = 0,
) -> RequestState:
    return RequestState(method, target, raw_fields(fields), tuple((params or {}).items()), edits, length)


def response_state(
    status: int = 200, fields: FieldsGiven = (), *, edits: int = 0, length: int | None = 0
) -> ResponseState:
    return ResponseState(status, None, raw_fields(fields), edits, length)


def step(
    name: str,
    before: RequestState | None = None,
    after: RequestState | None = None,
    *,
    response: tuple[ResponseState, ResponseState] | None = None,
    level: str = "",
    own: float = 0.0001,
    error: BaseException | None = None,
    answered: bool = False,
) -> Step:
    """A step that left alone what is not given; one that ``answered`` never saw a response of somebody else."""
    before = before or request_state()
    made = Step(name, Phase.PROXY, level, "test_it.py:1", before)
    made.request_after = after or before
    made.own = made.elapsed = own
    made.error = error
    made.answered = answered
    if not answered:
        made.response_before, made.response_after = response or (response_state(), response_state())
    return made


def trace(*steps: Step, left: Sequence[Step] | None = None, answered_by: str | None = None, skipped: str = "") -> Trace:
    """Left in reverse, unless told otherwise; ``skipped`` are the names of those not reached."""
    leaving = tuple(reversed(steps)) if left is None else tuple(left)
    return Trace(steps, leaving, answered_by, tuple(skipped.split()))


def leg(
    request: Request,
    answer: Response | None = None,
    *,
    target: str = "users",
    elapsed: float = 0.012,
    error: BaseException | None = None,
) -> Leg:
    return Leg(
        target=target,
        request=request,
        answer=answer,
        fields_on_the_way=((), (), ()),
        connection=CONNECTION,
        place=0,
        reached_target=error is None,
        started=0.0,
        elapsed=elapsed,
        error=error,
    )


def exchange(
    request: Request | None = None,
    response: Response | None = None,
    *legs: Leg,
    server: str = "",
    index: int = 0,
    trace: Trace | None = None,
    elapsed: float = 0.041,
    error: BaseException | None = None,
    troubles: Sequence[Trouble] = (),
    raw: bytes = b"",
    upgraded: WebSocket | None = None,
) -> Exchange:
    return Exchange(
        server=server,
        index=index,
        received=request,
        given=response,
        legs=legs,
        trace=Trace() if trace is None else trace,
        connection=CONNECTION,
        place=0,
        started=0.0,
        elapsed=elapsed,
        error=error,
        troubles=tuple(troubles),
        raw=raw,
        upgraded=upgraded,
    )
