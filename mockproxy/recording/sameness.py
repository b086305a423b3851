"""Whether attempts sent the same, and which of them did not."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from mockproxy.credentials.secret import redact_field

T = TypeVar("T")


class Sameness:
    """True where all are the same; where not, its text names the first that differs, so that a failing assertion does.

    Equal to the ``bool`` that it stands for.
    """

    __slots__ = ("_difference",)

    def __init__(self, difference: str | None) -> None:
        self._difference = difference

    @classmethod
    def of(cls, sent: Sequence[T], shown: Callable[[T], str]) -> "Sameness":
        """Compares what each attempt sent; ``shown`` tells it without a secret."""
        for number, each in enumerate(sent[1:], start=2):
            if each != sent[0]:
                return cls(f"attempt 1 sent {shown(sent[0])}, attempt {number} sent {shown(each)}")
        return cls(None)

    def __bool__(self) -> bool:
        return self._difference is None

    def __eq__(self, other: object) -> bool:
        return bool(self) == bool(other) if isinstance(other, bool | Sameness) else NotImplemented

    def __hash__(self) -> int:
        return hash(bool(self))

    def __repr__(self) -> str:
        return f"<{self._difference or 'all attempts sent the same'}>"


def same_field(name: str, lines: Sequence[Sequence[str]]) -> Sameness:
    """Of the lines that each attempt sent under this name; where one sent none there is nothing that is the same."""
    missing = next((number for number, each in enumerate(lines, start=1) if not each), None)
    if missing is not None:
        return Sameness(f"attempt {missing} sent no {name}")
    return Sameness.of(lines, lambda each: ", ".join(f"{name}: {redact_field(name, line)}" for line in each))
