"""The criterion on the raw path: a template, a regular expression or a matcher."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from mockproxy.errors import ConfigurationError
from mockproxy.matching.matcher import Matcher
from mockproxy.matching.template import ANY_PATH, PathTemplate

PathGiven = str | PathTemplate | re.Pattern[str] | Matcher | None

# The comparison takes quadratic time, and paths that differ this late look alike to people too.
_COMPARED = 256


@dataclass(frozen=True, slots=True)
class PathRegex:
    """The whole path is matched; named groups that take part are its parameters."""

    regex: re.Pattern[str]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.regex.groupindex)

    def match(self, path: str) -> dict[str, str] | None:
        found = self.regex.fullmatch(path)
        if found is None:
            return None
        return {name: value for name, value in found.groupdict().items() if value is not None}

    def __str__(self) -> str:
        return repr(self.regex.pattern)


@dataclass(frozen=True, slots=True)
class PathValue:
    """The path equals a matcher."""

    matcher: Matcher

    @property
    def names(self) -> tuple[str, ...]:
        return ()

    def match(self, path: str) -> dict[str, str] | None:
        return {} if self.matcher == path else None

    def __str__(self) -> str:
        return repr(self.matcher)


PathCriterion = PathTemplate | PathRegex | PathValue


def path_criterion(path: PathGiven) -> PathCriterion:
    """Raises ``ConfigurationError`` for what no path can be held against."""
    if path is None:
        return PathTemplate(ANY_PATH)
    if isinstance(path, PathTemplate):
        return path
    if isinstance(path, str):
        return PathTemplate(path)
    if isinstance(path, Matcher):
        return PathValue(path)
    if isinstance(path, re.Pattern) and isinstance(path.pattern, str):
        return PathRegex(path)
    raise ConfigurationError(
        f"a path is a template such as '/users/{{id}}', a compiled pattern of text or a matcher, not {path!r}"
    )


def path_similarity(criterion: PathCriterion, path: str) -> float:
    """How much the path looks like that of a template that it does not match, from 0 to 1/2.

    The other half is for being the path: ``/users`` with a wrong body is nearer than ``/user`` with the right one.
    """
    if not isinstance(criterion, PathTemplate):
        return 0.0
    return SequenceMatcher(None, criterion.text[:_COMPARED], path[:_COMPARED], autojunk=False).ratio() / 2
