"""What stands on the right side of ``==`` and says which values it equals, and its algebra.

A matcher means the same wherever it stands: in an assert, inside a list or a dict, as a criterion of a stub.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Matcher(ABC):
    """Equals every value that it accepts, on either side of ``==``; combined with ``&``, ``|`` and ``~``.

    Two matchers are equal when they are written alike.
    None can be hashed: no hash could agree with those of all the values that it equals.
    """

    __hash__ = None  # type: ignore[assignment]  # as Python would set it by itself

    @abstractmethod
    def accepts(self, seen: object) -> bool:
        """Whether the matcher equals this value; never raises on account of the value's type."""

    def among(self, values: Sequence[object]) -> bool:
        """Whether a thing that may be repeated, or be missing, satisfies the matcher with these values: one is enough.

        ``&``, ``|`` and ``~`` combine such answers, so ``~Contains("a")`` says that no value contains it.
        """
        return any(self.accepts(value) for value in values)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Matcher):
            return type(self) is type(other) and self._parts() == other._parts()
        return self.accepts(other)

    def __and__(self, other: "Matcher") -> "Matcher":
        return Both(self, other) if isinstance(other, Matcher) else NotImplemented

    def __or__(self, other: "Matcher") -> "Matcher":
        return Either(self, other) if isinstance(other, Matcher) else NotImplemented

    def __invert__(self) -> "Matcher":
        return Not(self)

    def __bool__(self) -> bool:
        # `a and b` would silently be b alone, and `not a` False.
        raise TypeError(f"{self!r} is neither true nor false: compare it with ==, and combine matchers with & | ~")

    def in_words(self, show: Callable[[object], str]) -> str:
        """The matcher as it is written, with each value in it as ``show`` shows it: a report hides secrets so."""
        return f"{type(self).__name__}({', '.join(map(show, self._parts()))})"

    def __repr__(self) -> str:
        return self.in_words(repr)

    def _parts(self) -> tuple[object, ...]:
        return tuple(getattr(self, part.name) for part in fields(self))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Both(Matcher):
    """What ``left & right`` makes."""

    left: Matcher
    right: Matcher

    def accepts(self, seen: object) -> bool:
        return self.left.accepts(seen) and self.right.accepts(seen)

    def among(self, values: Sequence[object]) -> bool:
        return self.left.among(values) and self.right.among(values)

    def in_words(self, show: Callable[[object], str]) -> str:
        sides = (self.left, self.right)
        return " & ".join(
            f"({side.in_words(show)})" if isinstance(side, Either) else side.in_words(show) for side in sides
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Either(Matcher):
    """What ``left | right`` makes."""

    left: Matcher
    right: Matcher

    def accepts(self, seen: object) -> bool:
        return self.left.accepts(seen) or self.right.accepts(seen)

    def among(self, values: Sequence[object]) -> bool:
        return self.left.among(values) or self.right.among(values)

    def in_words(self, show: Callable[[object], str]) -> str:
        return f"{self.left.in_words(show)} | {self.right.in_words(show)}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Not(Matcher):
    """What ``~matcher`` makes."""

    matcher: Matcher

    def accepts(self, seen: object) -> bool:
        return not self.matcher.accepts(seen)

    def among(self, values: Sequence[object]) -> bool:
        return not self.matcher.among(values)

    def __invert__(self) -> Matcher:
        return self.matcher

    def in_words(self, show: Callable[[object], str]) -> str:
        words = self.matcher.in_words(show)
        return f"~({words})" if isinstance(self.matcher, Both | Either) else f"~{words}"
