"""Two orders of middlewares that should be one."""

from collections.abc import Sequence
from itertools import zip_longest

from mockproxy.pipeline.trace import Order

_NOBODY = "nobody"


def order_difference(left: object, right: object) -> list[str] | None:
    """What an assertion says of a recorded order that is not the expected one; None where neither is a recorded one."""
    if isinstance(left, Order) and isinstance(right, list | tuple):
        return _difference(expected=right, recorded=left)
    if isinstance(right, Order) and isinstance(left, list | tuple):
        return _difference(expected=left, recorded=right)
    return None


def _difference(*, expected: Sequence[object], recorded: Sequence[object]) -> list[str]:
    pairs = enumerate(zip_longest(expected, recorded, fillvalue=_NOBODY), start=1)
    place, (wanted, seen) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
    return [
        "the recorded order is not the expected one",
        f"  expected: {_line(expected)}",
        f"  recorded: {_line(recorded)}",
        f"  place {place}: expected {wanted}, recorded {seen}",
    ]


def _line(names: Sequence[object]) -> str:
    return ", ".join(map(str, names)) or _NOBODY
