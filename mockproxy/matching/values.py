"""The matchers for single values: text, bytes, numbers, times, and whether there is a value at all."""

import operator
import re
from collections.abc import Callable, Container, Sequence, Sized
from dataclasses import KW_ONLY, dataclass
from inspect import iscoroutinefunction
from pathlib import PurePath
from types import FunctionType

from mockproxy.errors import ConfigurationError
from mockproxy.matching.matcher import Matcher
from mockproxy.matching.structure import same


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Anything(Matcher):
    """Any value, and any value of a repeated thing; nothing where there is none."""

    def accepts(self, seen: object) -> bool:
        return True


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Absent(Matcher):
    """The header, query parameter, cookie or member is not there; equal to no value.

    ``Absent() | StartsWith("v")`` is one that may be missing, ``~Absent()`` one that must be there.
    """

    def accepts(self, seen: object) -> bool:
        return False

    def among(self, values: Sequence[object]) -> bool:
        return not values


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Contains(Matcher):
    """Text or bytes with this part, or a collection with this item."""

    item: object

    def accepts(self, seen: object) -> bool:
        try:
            return isinstance(seen, Container) and self.item in seen
        except TypeError:  # a number in a text, or what cannot be hashed in a set
            return False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StartsWith(Matcher):
    """Text or bytes with this beginning."""

    prefix: str | bytes

    def __post_init__(self) -> None:
        _check_text(self, self.prefix)

    def accepts(self, seen: object) -> bool:
        if isinstance(self.prefix, str):
            return isinstance(seen, str) and seen.startswith(self.prefix)
        return isinstance(seen, bytes) and seen.startswith(self.prefix)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EndsWith(Matcher):
    """Text or bytes with this end."""

    suffix: str | bytes

    def __post_init__(self) -> None:
        _check_text(self, self.suffix)

    def accepts(self, seen: object) -> bool:
        if isinstance(self.suffix, str):
            return isinstance(seen, str) and seen.endswith(self.suffix)
        return isinstance(seen, bytes) and seen.endswith(self.suffix)


@dataclass(frozen=True, slots=True, eq=False, repr=False, init=False)
class Matches(Matcher):
    """Text or bytes that the regular expression matches as a whole."""

    regex: re.Pattern[str] | re.Pattern[bytes]

    def __init__(self, regex: str | bytes | re.Pattern[str] | re.Pattern[bytes]) -> None:
        object.__setattr__(self, "regex", compiled_regex(regex))

    def accepts(self, seen: object) -> bool:
        if not isinstance(seen, type(self.regex.pattern)):
            return False
        return self.regex.fullmatch(seen) is not None  # type: ignore[arg-type]  # of the pattern's type, as asked above

    def in_words(self, show: Callable[[object], str]) -> str:
        flags = self.regex.flags & ~re.compile(self.regex.pattern).flags
        return f"Matches({show(self.regex.pattern)}{f', {re.RegexFlag(flags)!r}' if flags else ''})"


@dataclass(frozen=True, slots=True, eq=False, repr=False, init=False)
class OneOf(Matcher):
    """One of these values, or what one of these matchers equals; as in JSON, ``True`` is not ``1``."""

    values: tuple[object, ...]

    def __init__(self, *values: object) -> None:
        if not values:
            raise ConfigurationError("OneOf() has no value to choose from; name at least one")
        object.__setattr__(self, "values", values)

    def accepts(self, seen: object) -> bool:
        return any(same(value, seen) for value in self.values)

    def in_words(self, show: Callable[[object], str]) -> str:
        return f"OneOf({', '.join(map(show, self.values))})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Between(Matcher):
    """A value from ``low`` to ``high``, both included; of another kind than they are, none."""

    low: object
    high: object

    def __post_init__(self) -> None:
        if not in_order(self.low, self.high):
            raise ConfigurationError(f"{self!r} holds no value: give the lower bound first, and two of one kind")

    def accepts(self, seen: object) -> bool:
        return in_order(self.low, seen) and in_order(seen, self.high)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AtLeast(Matcher):
    """A value that is this or more."""

    low: object

    def __post_init__(self) -> None:
        _check_order(self, self.low)

    def accepts(self, seen: object) -> bool:
        return in_order(self.low, seen)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AtMost(Matcher):
    """A value that is this or less."""

    high: object

    def __post_init__(self) -> None:
        _check_order(self, self.high)

    def accepts(self, seen: object) -> bool:
        return in_order(seen, self.high)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Near(Matcher):
    """A number or time that is at most ``within`` away from this one."""

    value: object
    _: KW_ONLY
    within: object

    def __post_init__(self) -> None:
        if not self.accepts(self.value):
            raise ConfigurationError(f"{self!r} holds no value: give a number or time, and a distance that fits it")

    def accepts(self, seen: object) -> bool:
        try:
            return in_order(abs(operator.sub(seen, self.value)), self.within) and not isinstance(seen, bool)
        except TypeError:  # of another kind, or a time with a zone and one without
            return False

    def in_words(self, show: Callable[[object], str]) -> str:
        return f"Near({show(self.value)}, within={show(self.within)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False, init=False)
class InstanceOf(Matcher):
    """A value of one of these types; ``True`` is no ``int`` here, as it is no number in JSON."""

    kinds: tuple[type, ...]

    def __init__(self, *kinds: type) -> None:
        if not kinds or not all(isinstance(kind, type) for kind in kinds):
            raise ConfigurationError(f"InstanceOf takes types such as int or str, not {kinds!r}")
        object.__setattr__(self, "kinds", kinds)

    def accepts(self, seen: object) -> bool:
        if isinstance(seen, bool):
            return bool in self.kinds or object in self.kinds
        return isinstance(seen, self.kinds)

    def in_words(self, show: Callable[[object], str]) -> str:
        return f"InstanceOf({', '.join(kind.__name__ for kind in self.kinds)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HasLength(Matcher):
    """A text, bytes or collection of this length, or of one that the matcher equals."""

    length: int | Matcher

    def __post_init__(self) -> None:
        if not isinstance(self.length, Matcher) and not in_order(0, self.length):
            raise ConfigurationError(f"HasLength takes a number from 0 upwards or a matcher, not {self.length!r}")

    def accepts(self, seen: object) -> bool:
        return isinstance(seen, Sized) and len(seen) == self.length


@dataclass(frozen=True, slots=True, eq=False, repr=False, init=False)
class Satisfies(Matcher):
    """A value for which the function gives something true; what it raises is raised to whoever compares."""

    function: Callable[[object], object]
    name: str

    def __init__(self, function: Callable[[object], object], name: str | None = None) -> None:
        check_predicate("Satisfies", function)
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "name", name or name_of(function))

    def accepts(self, seen: object) -> bool:
        return bool(self.function(seen))

    def in_words(self, show: Callable[[object], str]) -> str:
        return f"Satisfies({self.name})"


def in_order(low: object, high: object) -> bool:
    """Whether both are of one kind that has an order, and stand in it; truth values have none."""
    if isinstance(low, bool) or isinstance(high, bool):
        return False
    try:
        return bool(operator.le(low, high))  # type: ignore[arg-type]  # TypeError is the answer for what has no order
    except TypeError:
        return False


def compiled_regex(regex: str | bytes | re.Pattern[str] | re.Pattern[bytes]) -> re.Pattern[str] | re.Pattern[bytes]:
    try:
        return re.compile(regex)
    except re.error as error:
        raise ConfigurationError(f"the regex {regex!r} does not compile: {error.msg} at {error.pos}") from None
    except TypeError:
        raise ConfigurationError(f"a regex is text, bytes or a compiled pattern, not {regex!r}") from None


def check_predicate(what: str, function: object) -> None:
    if not callable(function):
        raise ConfigurationError(f"{what} takes a function of one argument, not {function!r}")
    if iscoroutinefunction(function):
        raise ConfigurationError(
            f"{what} takes a plain function: {name_of(function)} is async, so its answer is no bool"
        )


def name_of(function: object) -> str:
    """How a report names a function; a lambda by its place, which is all the name that it has."""
    if isinstance(function, FunctionType) and function.__name__ == "<lambda>":
        return f"lambda at {PurePath(function.__code__.co_filename).name}:{function.__code__.co_firstlineno}"
    if isinstance(function, FunctionType | type):
        return function.__name__
    return repr(function)


def _check_text(matcher: Matcher, text: object) -> None:
    if not isinstance(text, str | bytes):
        raise ConfigurationError(f"{matcher!r} takes text or bytes")


def _check_order(matcher: Matcher, bound: object) -> None:
    if not in_order(bound, bound):
        raise ConfigurationError(f"{matcher!r} takes a number, a time or another value that has an order")
