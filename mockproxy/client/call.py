"""One call of a client, and all that it caused."""

from collections.abc import Iterable
from dataclasses import dataclass

from mockproxy.client.attempt import CallAttempts
from mockproxy.client.failure import told
from mockproxy.credentials.secret import redact_url
from mockproxy.errors import RecordError
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.pipeline.trace import Trace, merged
from mockproxy.recording.exchange import Exchange, exchanges_of


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
        Raises ``ConfigurationError`` for what is no journal.
        """
        sent = self.attempts.sent
        known = exchanges_of(exchanges)
        return tuple(exchange for exchange in known if any(attempt.caused(exchange) for attempt in sent))

    def trace_through(self, first: Iterable[Exchange], *further: Iterable[Exchange]) -> Trace:
        """The steps of this call and of all that it caused, in the order in which they happened.

        ``first`` is the journal of the server that the client spoke to; where that is a proxy, ``further`` are those
        of its targets.
        """
        caused = self.exchanges_in(first)
        return merged(self.trace, *(exchange.trace_through(*further) for exchange in caused))

    def __repr__(self) -> str:
        outcome = type(self.error).__name__ if self.answer is None else self.answer.status
        return f"<Call #{self.index} {self.request.method} {redact_url(self.url)} -> {outcome}>"
