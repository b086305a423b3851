"""The calls of one session, in the order in which they began."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypedDict, Unpack, overload

from mockproxy.client.call import Call
from mockproxy.errors import ConfigurationError, RecordError
from mockproxy.matching.exchange_pattern import ExchangeCriteria, ExchangePattern, StatusExpected, unknown_keyword
from mockproxy.matching.field_criterion import FieldsExpected
from mockproxy.matching.matcher import Matcher
from mockproxy.matching.path_criterion import PathGiven
from mockproxy.messages.message import Request, Response
from mockproxy.messages.payload import EMPTY


class CallCriteria(TypedDict, total=False):
    """Those of ``ExchangeCriteria`` that speak of no body: what a call can be chosen by."""

    method: str | Sequence[str]
    path: PathGiven
    query: str | Matcher | FieldsExpected | None
    headers: FieldsExpected | None
    cookies: FieldsExpected | None
    status: StatusExpected | Sequence[int] | None


class Calls(Sequence[Call]):
    """A sequence of the calls that have come to an end."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def file(self, call: Call) -> None:
        """In its place; a call that ended otherwise after all replaces what was filed of it."""
        place = bisect_left(self._calls, call.index, key=lambda filed: filed.index)
        filed = place < len(self._calls) and self._calls[place].index == call.index
        self._calls[place : place + filed] = [call]

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | Sequence[Call]:
        return self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def only(self, *, where: Callable[[Call], object] | None = None, **match: Unpack[CallCriteria]) -> Call:
        """The one call that matches; raises ``RecordError`` that lists all calls where there are more or none."""
        found = self.matching(where=where, **match)
        if len(found) == 1:
            return found[0]
        story = "\n".join(f"  {call!r}" for call in self._calls) or "  no call was recorded"
        raise RecordError(f"expected exactly one call, found {len(found)}\n{story}")

    def matching(
        self, *, where: Callable[[Call], object] | None = None, **match: Unpack[CallCriteria]
    ) -> tuple[Call, ...]:
        """The calls that match, in order; ``where`` is a function of the call.

        A call keeps no body: its exchanges do, which ``call.exchanges_in`` finds.
        """
        _check(match)
        pattern: ExchangePattern[_Heads] = ExchangePattern.of(**match)
        chosen = tuple(call for call in self._calls if pattern.match(_Heads.of(call)))
        return chosen if where is None else tuple(call for call in chosen if where(call))

    def __repr__(self) -> str:
        return f"<Calls: {len(self)}>"


def _check(match: CallCriteria) -> None:
    known = list(CallCriteria.__annotations__)
    for name in match:
        if name in known:
            continue
        if name in ExchangeCriteria.__annotations__:
            raise ConfigurationError(
                f"a call cannot be chosen by {name!r}, since it keeps no body: ask the exchanges of the server for it, "
                "those of one call with `call.exchanges_in(server.exchanges)`"
            )
        raise unknown_keyword("a call", name, [*known, "where"])


class _Heads(NamedTuple):
    """A call as the criteria of exchanges read it."""

    request: Request
    response: Response | None

    @classmethod
    def of(cls, call: Call) -> "_Heads":
        response = None if call.answer is None else Response.recorded(call.answer, EMPTY)
        return cls(Request.recorded(call.request, EMPTY, ""), response)
