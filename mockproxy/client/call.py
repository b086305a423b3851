"""One call of a client, and all that it caused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mockproxy.client.attempt import CallAttempts
from mockproxy.client.failure import told
from mockproxy.credentials.secret import redact_url
from mockproxy.errors import RecordError
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.pipeline.trace import Trace, merged
from mockproxy.recording.exchange import Exchange, exchanges_of
from mockproxy.recording.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the application asked of its session, frozen when it has the head of the response, or the error.

    ``request`` is what the application gave, before any middleware and without what aiohttp adds; ``trace`` names the
    client middlewares on the level ``client``; the bodies stand in the exchanges of the servers.
    ``started`` is in seconds since 1970, ``elapsed`` in seconds.
    """

    index: int
    url: str
    request: RequestHead
    answer: ResponseHead | None
    trace: Trace
    attempts: CallAttempts
    started: float
    elapsed: float
    error: BaseException | None

    @property
    def response(self) -> ResponseHead:
        """The head that the application was given; raises ``RecordError`` where it was given an error."""
        if self.answer is None:
            raise RecordError(f"{self!r} had no response: {told(self.error)}")
        return self.answer

    def exchanges_in(self, exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
        """The exchanges of a server that this call caused, told by connection and time.

        The server is the one that the client spoke to: where a proxy stands between, that is the proxy.
        Raises ``RecordError`` for the journal of another server, or of one that has no exchange of this call yet;
        ``ConfigurationError`` for what is no journal.
        """
        sent = self.attempts.sent
        known = exchanges_of(exchanges)
        caused = tuple(exchange for exchange in known if any(attempt.caused(exchange) for attempt in sent))
        if not caused:
            self._check_server(known, is_whole=isinstance(exchanges, Journal))
        return caused

    def trace_through(self, first: Iterable[Exchange], *further: Iterable[Exchange]) -> Trace:
        """The steps of this call and of all that it caused, in the order in which they happened.

        ``first`` is the journal of the server that the client spoke to; where that is a proxy, ``further`` are those
        of its targets; raises as ``exchanges_in`` does.
        """
        caused = self.exchanges_in(first)
        return merged(self.trace, *(exchange.trace_through(*further) for exchange in caused))

    def _check_server(self, known: Sequence[Exchange], *, is_whole: bool) -> None:
        """Of exchanges that were chosen from a journal, none need be of this call: any of its server will do."""
        reached = [each.connection.server for each in self.attempts.sent if each.answer and each.connection]
        of_others = bool(known) and all(each.connection.server not in reached for each in known)
        if reached and (is_whole or of_others):
            host, port = reached[-1]
            raise RecordError(
                f"{self!r} spoke to {host}:{port}, and none of the exchanges given is what came of it: give the "
                "journal of that server (of the proxy, where one stands between), or wait for it where the answer was "
                "not read to its end (`exchanges.wait_for()`)"
            )

    def __repr__(self) -> str:
        outcome = type(self.error).__name__ if self.answer is None else self.answer.status
        return f"<Call #{self.index} {self.request.method} {redact_url(self.url)} -> {outcome}>"
