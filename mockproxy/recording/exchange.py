"""One client request and all that it caused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from mockproxy.errors import ConfigurationError, RecordError, Trouble
from mockproxy.messages.changes import FieldChanges
from mockproxy.messages.connection import Connection
from mockproxy.messages.forwarding import forwarding_changes
from mockproxy.messages.headers import RawFields
from mockproxy.messages.message import Request, Response
from mockproxy.messages.websocket import WebSocket
from mockproxy.pipeline.trace import Trace, merged

FieldsOnTheWay = tuple[RawFields, RawFields, RawFields]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One trip to a target, from the attempt to connect to the end of the answer.

    ``request`` is None at run time where an observed proxy sent what is no request; the target's journal has that.
    ``place`` counts the exchanges on the connection from 0; ``started`` is in seconds since 1970, ``elapsed`` in
    seconds; ``fields_on_the_way`` are the header fields as received, as the middlewares left them, and as sent.
    """

    target: str
    request: Request
    answer: Response | None
    fields_on_the_way: FieldsOnTheWay
    connection: Connection | None
    place: int
    reached_target: bool
    started: float
    elapsed: float
    error: BaseException | None

    @property
    def response(self) -> Response:
        """What the target answered; raises ``RecordError`` where it did not."""
        if self.answer is None:
            raise RecordError(f"{self.target} gave no answer: {self.error}")
        return self.answer

    @property
    def changes(self) -> FieldChanges:
        """What forwarding itself changed in the header fields, and no middleware."""
        return forwarding_changes(*self.fields_on_the_way)

    def __repr__(self) -> str:
        outcome = self.error if self.answer is None else self.answer.status
        return f"<Leg {_named(self.request)} -> {self.target} {outcome}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What a server received and gave, frozen when the last octet of the answer goes out.

    ``server`` is the name of the server that kept it; ``index`` is the place in order of arrival there, from 0;
    ``place`` that on the connection.
    ``raw`` holds the octets of what was no request, ``upgraded`` what passed over a WebSocket where one was opened;
    ``error`` is why the exchange went wrong, ``troubles`` what of that fails the test.
    """

    server: str = ""
    index: int
    received: Request | None
    given: Response | None
    legs: tuple[Leg, ...] = ()
    trace: Trace = field(default_factory=Trace)
    state: Mapping[str, object] = field(default_factory=dict)
    connection: Connection
    place: int
    started: float
    elapsed: float
    error: BaseException | None = None
    troubles: tuple[Trouble, ...] = ()
    faults: tuple[object, ...] = ()
    raw: bytes = b""
    upgraded: WebSocket | None = None

    @property
    def request(self) -> Request:
        """What the client sent; None at run time where no head could be read, which ``raw`` and ``error`` explain."""
        return cast("Request", self.received)

    @property
    def response(self) -> Response:
        """What the client was given; None at run time where it left, or the server stopped, before any of it."""
        return cast("Response", self.given)

    @property
    def upstream(self) -> Leg:
        """The last trip to a target; raises ``RecordError`` that names who answered where there was none."""
        if not self.legs:
            raise RecordError(f"nothing was forwarded: {self._who_answered()}")
        return self.legs[-1]

    @property
    def websocket(self) -> WebSocket:
        """What passed over the WebSocket that was opened; raises ``RecordError`` where none was."""
        if self.upgraded is None:
            raise RecordError(f"no WebSocket was opened: {self._how_answered()}")
        return self.upgraded

    @property
    def reached_target(self) -> bool:
        """Whether any octet of the request was sent to a target."""
        return any(leg.reached_target for leg in self.legs)

    def trace_through(self, *journals: "Iterable[Exchange]") -> Trace:
        """The steps of this exchange and of those that its legs caused, in the order in which they happened.

        ``journals`` are those of the targets, and of the proxies between; an exchange is found by the connection that
        it shares with a leg.
        Raises ``RecordError`` where there are journals and none of them holds what a leg of this exchange caused, as
        one does not before that is complete; ``ConfigurationError`` for what is no journal.
        """
        known = [each for journal in journals for each in exchanges_of(journal)]
        if journals:
            self._check_legs({(each.connection, each.place) for each in known})
        caused = [self]
        for exchange in caused:  # grows on the way: what was caused may be a proxy's, and have legs itself
            legs = {(leg.connection, leg.place) for leg in exchange.legs}
            caused += [each for each in known if (each.connection, each.place) in legs]
        return merged(*(exchange.trace for exchange in caused))

    def _check_legs(self, known: set[tuple[Connection | None, int]]) -> None:
        for leg in self.legs:
            if leg.reached_target and (leg.connection, leg.place) not in known:
                raise RecordError(
                    f"{leg.target} was asked for {_named(leg.request)}, and what came of it is in none of the journals "
                    "given: give the exchanges of that server, too, or wait for them where it is not complete yet "
                    "(`exchanges.wait_for()`)"
                )

    def _how_answered(self) -> str:
        if self.given is None:
            return f"the client was given no answer ({self.error})"
        return f"the answer was {self.given.status}, not 101 Switching Protocols"

    def _who_answered(self) -> str:
        status = f" with {self.given.status}" if self.given is not None else ""
        if self.trace.answered_by is not None:
            return f"{self.trace.answered_by} answered{status}"
        if self.error is not None:
            return f"{type(self.error).__name__}{status}: {self.error}"
        return f"the server that recorded this answered by itself{status}"

    def __repr__(self) -> str:
        outcome = self.error if self.given is None else self.given.status
        return f"<Exchange #{self.index} {_named(self.received)} -> {outcome}>"


def exchanges_of(journal: object) -> list[Exchange]:
    """Raises ``ConfigurationError`` for what is no journal, such as the server that has one."""
    given = list(journal) if isinstance(journal, Iterable) else [journal]
    exchanges = [each for each in given if isinstance(each, Exchange)]
    if len(exchanges) < len(given) or isinstance(journal, Exchange):
        raise ConfigurationError(f"{journal!r} is no journal: give the exchanges of a server, as in `target.exchanges`")
    return exchanges


def _named(request: Request | None) -> str:
    return "malformed request" if request is None else f"{request.method} {request.path}"
