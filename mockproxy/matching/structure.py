"""Comparing nested values as JSON means them, whole or in part.

``true`` is not ``1`` here, though Python says so; ``1`` and ``1.0`` are one number, as RFC 8259 section 6 has but one
kind of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mockproxy.errors import ConfigurationError
from mockproxy.matching.difference import NOTHING, Difference, Step, json_path
from mockproxy.matching.matcher import Matcher


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Subset(Matcher):
    """A mapping with at least these members, and so on inwards; lists have the same length.

    A member may be a matcher; ``Absent()`` is one that must not be there.
    """

    expected: object

    def __post_init__(self) -> None:
        object.__setattr__(self, "expected", snapshot(self.expected))

    def accepts(self, seen: object) -> bool:
        return find_difference(self.expected, seen) is None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unordered(Matcher):
    """A list of these items, in any order, each as often as it stands here."""

    items: Sequence[object]

    def __post_init__(self) -> None:
        if not isinstance(self.items, list | tuple):
            raise ConfigurationError(f"Unordered takes a list of items, not {self.items!r}")
        object.__setattr__(self, "items", list(self.items))

    def accepts(self, seen: object) -> bool:
        if not isinstance(seen, list | tuple) or len(seen) != len(self.items):
            return False
        candidates = [[index for index, item in enumerate(seen) if same(wanted, item)] for wanted in self.items]
        return _can_be_paired(candidates)


def snapshot(expected: object, steps: tuple[Step, ...] = ()) -> object:
    """The expectation as it is now, whatever the test does to its own dict or list later.

    Raises ``ConfigurationError`` for what can never be in a JSON value.
    """
    if isinstance(expected, Mapping):
        return {_name(name, steps): snapshot(value, (*steps, name)) for name, value in expected.items()}
    if isinstance(expected, list | tuple):
        return [snapshot(value, (*steps, index)) for index, value in enumerate(expected)]
    if isinstance(expected, type) and issubclass(expected, Matcher):
        raise _refusal(expected, steps, f"is a class; write {expected.__name__}(…)")
    if isinstance(expected, bytes | set | frozenset):
        raise _refusal(expected, steps, "is never in a JSON value; use text, a list, or Unordered([…])")
    return expected


def find_difference(expected: object, seen: object) -> Difference | None:
    """The first place where a value is not what ``Subset`` would accept; None where there is none."""
    if isinstance(expected, Subset):
        expected = expected.expected
    if isinstance(expected, Matcher):
        return None if expected.among(() if seen is NOTHING else (seen,)) else Difference(expected, seen)
    if seen is NOTHING:
        return Difference(expected, seen)
    if isinstance(expected, dict) and isinstance(seen, Mapping):
        return _difference_in_members(expected, seen)
    if isinstance(expected, list) and isinstance(seen, list | tuple):
        return _difference_in_items(expected, seen)
    return None if same(expected, seen) else Difference(expected, seen)


def same(expected: object, seen: object) -> bool:
    """Whether the values are equal, truth values being no numbers, at any depth."""
    if isinstance(expected, Matcher):
        return expected.accepts(seen)
    if isinstance(expected, Mapping) and isinstance(seen, Mapping):
        return expected.keys() == seen.keys() and all(same(value, seen[name]) for name, value in expected.items())
    if isinstance(expected, list | tuple) and isinstance(seen, list | tuple):
        return len(expected) == len(seen) and all(map(same, expected, seen))
    if isinstance(expected, int | float) and isinstance(expected, bool) is not isinstance(seen, bool):
        return False
    return bool(expected == seen)


def _difference_in_members(expected: Mapping[str, object], seen: Mapping[str, object]) -> Difference | None:
    for name, value in expected.items():
        difference = find_difference(value, seen.get(name, NOTHING))
        if difference is not None:
            return difference.under(name)
    return None


def _difference_in_items(expected: Sequence[object], seen: Sequence[object]) -> Difference | None:
    for index, (wanted, item) in enumerate(zip_longest(expected, seen, fillvalue=NOTHING)):
        difference = find_difference(wanted, item)
        if difference is not None:
            return difference.under(index)
    return None


def _can_be_paired(candidates: Sequence[Sequence[int]]) -> bool:
    """Whether each can have one of its candidates for itself.

    The first that fits will not do: in ``Unordered([Anything(), 1])`` it would take the only ``1`` away.
    So a taken candidate is asked for when its owner finds another (Kuhn's algorithm).
    """
    owner: dict[int, int] = {}

    def place(wanted: int, asked: set[int]) -> bool:
        for index in candidates[wanted]:
            if index not in owner:
                owner[index] = wanted
                return True
        for index in candidates[wanted]:
            if index not in asked:
                asked.add(index)
                if place(owner[index], asked):
                    owner[index] = wanted
                    return True
        return False

    return all(place(wanted, set()) for wanted in range(len(candidates)))


def _name(name: object, steps: tuple[Step, ...]) -> str:
    if not isinstance(name, str):
        raise _refusal(name, steps, "is the name of a member; in JSON that is text")
    return name


def _refusal(value: object, steps: tuple[Step, ...], finding: str) -> ConfigurationError:
    return ConfigurationError(f"the expected JSON cannot be: at {json_path(steps)}, {value!r} {finding}")
