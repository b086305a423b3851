"""The repeats of one request."""

from dataclasses import dataclass

from mockproxy.recording.exchange import Exchange
from mockproxy.recording.sameness import Sameness, same_field


@dataclass(frozen=True, slots=True)
class Attempts:
    """Exchanges that are taken for attempts at the same thing, in order of arrival."""

    exchanges: tuple[Exchange, ...]

    @property
    def count(self) -> int:
        return len(self.exchanges)

    @property
    def delays(self) -> tuple[float, ...]:
        """Seconds from the end of each attempt to the start of the next."""
        pairs = zip(self.exchanges, self.exchanges[1:], strict=False)
        return tuple(later.started - (earlier.started + earlier.elapsed) for earlier, later in pairs)

    @property
    def statuses(self) -> tuple[int, ...]:
        """The status of each answer; 0 where there was none."""
        return tuple(0 if exchange.given is None else exchange.given.status for exchange in self.exchanges)

    @property
    def same_body(self) -> Sameness:
        """Whether all attempts sent the same octets; says which did not."""
        bodies = [(exchange.request.size, exchange.request.sha256) for exchange in self.exchanges]
        return Sameness.of(bodies, lambda body: f"{body[0]} B with SHA-256 {body[1][:12]}...")

    def same_header(self, name: str) -> Sameness:
        """Whether all attempts sent the same lines of this header field; says which did not, or sent none."""
        return same_field(name, [exchange.request.headers.all(name) for exchange in self.exchanges])
