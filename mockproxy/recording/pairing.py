"""Which request a proxy that knows nothing of us sent on because of which.

A request that reached a target was caused by one that the proxy was answering at that moment.
Where it was answering several, the one is taken that carries most of the same: body, query, path and fields.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mockproxy.errors import RecordError
from mockproxy.messages.forwarding import end_to_end
from mockproxy.messages.message import Request
from mockproxy.recording.exchange import Exchange, Leg

# Fields that tell nothing of what a request is about: they are alike for all, or made anew for each hop.
_TELL_NOTHING = frozenset(
    {"host", "connection", "accept", "accept-encoding", "user-agent", "content-type", "content-length", "date"}
)


@dataclass(frozen=True, slots=True)
class TargetExchange:
    """An exchange of a target, with the name of the target."""

    target: str
    exchange: Exchange


def paired(
    fronts: Sequence[Exchange], backs: Sequence[TargetExchange], still_open: Sequence[Exchange] = ()
) -> tuple[list[Exchange], list[Exchange]]:
    """The exchanges at the front, each with its legs, and those of targets that none of them caused.

    What one that is ``still_open`` has caused is neither.
    Raises ``RecordError`` where two at the front are equally like the cause.
    """
    legs: dict[int, list[Leg]] = {front.index: [] for front in (*fronts, *still_open)}
    unpaired: list[Exchange] = []
    for back in sorted(backs, key=lambda each: each.exchange.started):
        started = back.exchange.started
        under_way = [front for front in fronts if front.started <= started <= front.started + front.elapsed]
        under_way += [front for front in still_open if front.started <= started]
        cause = _cause(back.exchange, [front for front in under_way if front.received is not None])
        if cause is None:
            unpaired.append(back.exchange)
        else:
            legs[cause.index].append(_leg(cause, back))
    return [replace(front, legs=tuple(legs[front.index])) for front in fronts], unpaired


def _cause(back: Exchange, candidates: Sequence[Exchange]) -> Exchange | None:
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    ranked = sorted(candidates, key=lambda front: -_likeness(front.request, back.received))
    first, second = (_likeness(front.request, back.received) for front in ranked[:2])
    if first == second:
        raise RecordError(
            f"cannot tell which of {len(candidates)} requests under way at once caused {back!r} at a target: "
            "let them differ in path, query, body or a header field, or send them one after the other"
        )
    return ranked[0]


def _likeness(front: Request, back: Request | None) -> int:
    """How much of the same two requests carry; what could not be read is like none."""
    if back is None:
        return 0
    body = 4 * (front.size > 0 and front.sha256 == back.sha256)
    query = 2 * (front.query_string != "" and front.query_string == back.query_string)
    path = len(set(front.path.split("/")) & set(back.path.split("/")) - {""})
    return body + query + path + len(_telling(front) & _telling(back)) + (front.method == back.method)


def _telling(request: Request) -> set[tuple[str, str]]:
    return {(name.lower(), value) for name, value in request.headers.items() if name.lower() not in _TELL_NOTHING}


def _leg(front: Exchange, back: TargetExchange) -> Leg:
    exchange = back.exchange
    received = front.request.headers.raw
    sent = exchange.request.headers.raw if exchange.received is not None else ()
    return Leg(
        target=back.target,
        request=exchange.request,
        answer=exchange.given,
        fields_on_the_way=(received, end_to_end(received), sent),
        connection=exchange.connection,
        place=exchange.place,
        reached_target=True,
        started=exchange.started,
        elapsed=exchange.elapsed,
        error=exchange.error,
    )
