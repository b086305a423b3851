"""How long to wait before each repeat."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import random


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Seconds before repeat ``n``: ``initial_delay * factor ** n``, up to ``max_delay``.

    ``jitter`` adds up to that fraction at random, so that clients that failed together do not come back together.
    """

    initial_delay: float
    factor: float
    max_delay: float
    jitter: float

    def delays(self, repeats: int) -> Iterator[float]:
        delay = self.initial_delay
        for _ in range(repeats):
            yield min(self.max_delay, delay) * (1 + self.jitter * random())
            delay *= self.factor
