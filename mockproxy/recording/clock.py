"""The time of day, read from a clock that never jumps."""

from time import perf_counter, time

_OFFSET = time() - perf_counter()


def now() -> float:
    """Seconds since 1970; two readings differ by exactly the time between them."""
    return _OFFSET + perf_counter()
