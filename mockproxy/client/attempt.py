"""One request that a client sent."""

from dataclasses import dataclass

from mockproxy.client.failure import told
from mockproxy.credentials.secret import redact_url
from mockproxy.errors import RecordError
from mockproxy.messages.connection import Connection
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.recording.exchange import Exchange
from mockproxy.recording.sameness import Sameness, same_field


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What left the client behind all its middlewares, and what came back.

    ``started`` is in seconds since 1970, ``elapsed`` in seconds until the head of the response; ``connection`` is None
    where there was none, and was waited for until ``acquired_at``.
    """

    url: str
    request: RequestHead
    answer: ResponseHead | None
    connection: Connection | None
    acquired_at: float | None
    started: float
    elapsed: float
    error: BaseException | None

    @property
    def response(self) -> ResponseHead:
        """The head of the response; raises ``RecordError`` where there was none."""
        if self.answer is None:
            raise RecordError(f"{self!r} was not answered: {told(self.error)}")
        return self.answer

    def caused(self, exchange: Exchange) -> bool:
        """Whether a server's exchange is this request: it began on its connection while that was its own.

        aiohttp sends the next request when the last was answered, and makes no use of pipelining (RFC 9112 section
        9.3.2).
        """
        if self.acquired_at is None or exchange.connection != self.connection:
            return False
        # A connection ends with the attempt that failed on it, though its server may notice the request later.
        ended = float("inf") if self.answer is None else self.started + self.elapsed
        return self.acquired_at <= exchange.started <= ended

    def __repr__(self) -> str:
        outcome = type(self.error).__name__ if self.answer is None else self.answer.status
        return f"<Attempt {self.request.method} {redact_url(self.url)} -> {outcome}>"


@dataclass(frozen=True, slots=True)
class CallAttempts:
    """The requests that one call sent, in the order in which they began: repeats, and the steps of a redirect."""

    sent: tuple[Attempt, ...]

    @property
    def count(self) -> int:
        return len(self.sent)

    @property
    def delays(self) -> tuple[float, ...]:
        """Seconds from the end of each attempt to the start of the next."""
        pairs = zip(self.sent, self.sent[1:], strict=False)
        return tuple(later.started - (earlier.started + earlier.elapsed) for earlier, later in pairs)

    @property
    def statuses(self) -> tuple[int, ...]:
        """The status of each answer; 0 where there was none."""
        return tuple(0 if attempt.answer is None else attempt.answer.status for attempt in self.sent)

    def same_header(self, name: str) -> Sameness:
        """Whether all attempts sent the same lines of this header field; says which did not, or sent none."""
        return same_field(name, [attempt.request.headers.all(name) for attempt in self.sent])
