"""The first place where what was seen is not what was expected, and how it is put into words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

# The longest text that stands in a line of a report as a whole; of a longer one, the part that differs is shown.
_SHOWN = 120
_BEFORE = 20


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Words:
    """Stands in a report as this text, without quotes."""

    text: str

    def __repr__(self) -> str:
        return self.text


# What is seen where there is no value, and expected where there must be none.
NOTHING: Final = Words("nothing")

Step = str | int


@dataclass(frozen=True, slots=True)
class Difference:
    """What was expected and seen at one place; the place is given by the steps from the outermost value to it."""

    expected: object
    seen: object
    steps: tuple[Step, ...] = ()

    def under(self, step: Step) -> "Difference":
        """The same, seen from the value that holds it."""
        return replace(self, steps=(step, *self.steps))


def json_path(steps: tuple[Step, ...]) -> str:
    """A place in a JSON value as RFC 9535 writes it: ``$.items[2].id``."""
    return "$" + "".join(map(_segment, steps))


def _segment(step: Step) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if step.isidentifier() else f"[{step!r}]"


def put_into_words(expected: object, seen: object) -> tuple[str, str]:
    """Both as they stand in a report: never cut inside the part that makes the difference begin."""
    start = _start_of_difference(expected, seen)
    return _excerpt(expected, start), _excerpt(seen, start)


def _start_of_difference(expected: object, seen: object) -> int:
    if isinstance(expected, str) and isinstance(seen, str):
        return _common_length(expected, seen)
    if isinstance(expected, bytes) and isinstance(seen, bytes):
        return _common_length(expected, seen)
    return 0


def _common_length(expected: Sequence[object], seen: Sequence[object]) -> int:
    pairs = enumerate(zip(expected, seen, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(expected), len(seen)))


def _excerpt(value: object, start: int) -> str:
    if not isinstance(value, str | bytes):
        words = repr(value)
        return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
    if len(value) <= _SHOWN:
        return repr(value)
    first = max(0, start - _BEFORE)
    last = first + _SHOWN
    return f"{'…' if first else ''}{value[first:last]!r}{'…' if last < len(value) else ''}"
