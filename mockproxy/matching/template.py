"""Path templates: the paths of routes and stubs, matched on the raw path, byte for byte.

Nothing is decoded or normalized on either side: ``/a%2Fb`` and ``/a/b`` are two paths, as they are on the wire
(RFC 3986 section 6.2.2 lets servers disagree on them, so a test must be able to tell them apart).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from mockproxy.errors import ConfigurationError

ANY_PATH = "*"

_SEGMENT = "[^/]+"
# What a request line cannot hold, or would not read as a part of the path (RFC 9112 section 3.2, RFC 3986 section 3.3).
_NOT_IN_PATH = re.compile(r"[^\x21-\x7e]|[?#]")
# What web frameworks write behind the colon: as a regex it would match its own name and nothing else.
_CONVERTERS = {
    "str": _SEGMENT,
    "path": ".*",
    "int": "[0-9]+",
    "float": r"[0-9]+(\.[0-9]+)?",
    "decimal": r"[0-9]+(\.[0-9]+)?",
    "uuid": "[0-9a-fA-F-]{36}",
    "datetime": "[0-9T:Z.+-]+",
}
_NUMBERED_REFERENCE = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    regex: str


_Piece = str | _Parameter


@dataclass(frozen=True, slots=True)
class _Compiled:
    pieces: tuple[_Piece, ...]
    names: tuple[str, ...]
    segments: frozenset[str]
    whole: re.Pattern[str]
    prefix: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class PathTemplate:
    """A path in which ``{name}`` stands for one segment that is not empty, and ``{name:regex}`` for what it matches.

    A regex may span slashes; everything else is compared as it is.
    ``*`` alone is any path, that of ``OPTIONS *`` included.
    """

    text: str
    names: tuple[str, ...] = field(init=False, compare=False, repr=False)
    segments: frozenset[str] = field(init=False, compare=False, repr=False)
    """The names of those parameters that stand for one segment."""
    literal_prefix: str = field(init=False, compare=False, repr=False)
    _compiled: _Compiled | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise ConfigurationError(f"a path template is text such as '/users/{{id}}', not {self.text!r}")
        compiled = None if self.text == ANY_PATH else _compile(self.text)
        object.__setattr__(self, "_compiled", compiled)
        object.__setattr__(self, "names", compiled.names if compiled else ())
        object.__setattr__(self, "segments", compiled.segments if compiled else frozenset())
        object.__setattr__(self, "literal_prefix", self.text.partition("{")[0] if compiled else "")

    def match(self, path: str) -> dict[str, str] | None:
        """The parameters of a path, as raw as it is; None where the template is another path."""
        if self._compiled is None:
            return {}
        if not self.names:
            return {} if path == self.text else None
        found = self._compiled.whole.fullmatch(path)
        return None if found is None else found.groupdict()

    def match_prefix(self, path: str) -> tuple[dict[str, str], int] | None:
        """The parameters of the beginning of a path, and where the rest of it starts.

        The rest is empty or starts with a slash: ``/shops`` is a prefix of ``/shops`` and ``/shops/7``, never of
        ``/shopsy``; ``/shops/`` is one of ``/shops/`` and ``/shops/7`` only, with the slash left to the rest.
        """
        if self._compiled is None:
            return {}, 0
        found = self._compiled.prefix.match(path)
        return None if found is None else (found.groupdict(), found.end())

    def expand(self, parameters: Mapping[str, str]) -> str:
        """The path with these values in it, inserted as they are; those without a place in it are left out."""
        if self._compiled is None:
            return self.text
        missing = [name for name in self.names if name not in parameters]
        if missing:
            raise ConfigurationError(
                f"path template {self.text!r} needs {missing[0]!r}, and only {sorted(parameters)} are given; "
                "use the parameter names of the route that it is expanded for"
            )
        return "".join(piece if isinstance(piece, str) else parameters[piece.name] for piece in self._compiled.pieces)

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=512)  # as many as the re module keeps
def _compile(text: str) -> _Compiled:
    pieces = tuple(_pieces(text))
    whole = "".join(re.escape(piece) if isinstance(piece, str) else _group(piece) for piece in pieces)
    boundary = "(?=/)" if text.endswith("/") else r"(?=/|\Z)"
    parameters = [piece for piece in pieces if isinstance(piece, _Parameter)]
    names = tuple(parameter.name for parameter in parameters)
    segments = frozenset(parameter.name for parameter in parameters if parameter.regex == _SEGMENT)
    return _Compiled(pieces, names, segments, re.compile(whole), re.compile(whole.removesuffix("/") + boundary))


def _group(parameter: _Parameter) -> str:
    return f"(?P<{parameter.name}>{parameter.regex})"


def _pieces(text: str) -> list[_Piece]:
    if not text.startswith("/"):
        raise _refusal(text, f"must start with '/' ({ANY_PATH!r} alone is any path)")
    pieces: list[_Piece] = []
    names: set[str] = set()
    position = 0
    while position < len(text):
        opening = text.find("{", position)
        literal = text[position:] if opening < 0 else text[position:opening]
        if literal:
            pieces.append(_checked_literal(text, literal, position))
        if opening < 0:
            break
        position = _closing_brace(text, opening) + 1
        parameter = _parameter(text, opening, text[opening + 1 : position - 1])
        if parameter.name in names:
            raise _refusal(text, f"has two parameters named {parameter.name!r}; give each its own name")
        names.add(parameter.name)
        pieces.append(parameter)
    return pieces


def _checked_literal(text: str, literal: str, start: int) -> str:
    if "}" in literal:
        raise _refusal(text, f"has a '}}' that nothing opens, at {start + literal.index('}')}; a brace itself is '%7D'")
    found = _NOT_IN_PATH.search(literal)
    if found:
        raise _refusal(
            text,
            f"holds {found.group()!r} at {start + found.start()}; write the path as it is on the wire, "
            "percent-encoded, and without its query",
        )
    return literal


def _closing_brace(text: str, opening: int) -> int:
    """Where the parameter ends: its regex may hold braces in pairs, and any that are escaped."""
    depth = 0
    position = opening
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == "{":
            depth += 1
        elif text[position] == "}":
            depth -= 1
        if depth == 0:
            return position
        position += 1
    raise _refusal(text, f"has a '{{' that is never closed, at {opening}; a brace itself is '%7B'")


def _parameter(text: str, opening: int, content: str) -> _Parameter:
    name, colon, regex = content.partition(":")
    if not name.isidentifier():
        raise _refusal(
            text,
            f"has a parameter named {name!r} at {opening}; a name is letters, digits and underscores, since handlers "
            "get parameters by keyword",
        )
    if not colon:
        return _Parameter(name, _SEGMENT)
    return _Parameter(name, _checked_regex(text, regex, opening + len(name) + 2))


def _checked_regex(text: str, regex: str, start: int) -> str:
    if not regex:
        raise _refusal(text, f"has an empty regex at {start}; leave the colon out to match one segment")
    if regex in _CONVERTERS:
        raise _refusal(
            text,
            f"has the converter {regex!r} at {start}; a regex stands behind the colon: write {_CONVERTERS[regex]!r}",
        )
    try:
        compiled = re.compile(regex)
    except re.error as error:
        position = start + (error.pos or 0)
        raise _refusal(text, f"has a regex {regex!r} that does not compile: {error.msg} at {position}") from None
    if compiled.flags & ~re.UNICODE:
        raise _refusal(text, f"has a regex {regex!r} with flags for the whole; write them as in (?i:…)")
    if compiled.groupindex:
        raise _refusal(text, f"has a regex {regex!r} with a named group; name the parameter only, and group with (?:…)")
    if compiled.groups and _NUMBERED_REFERENCE.search(regex):
        raise _refusal(text, f"has a regex {regex!r} that refers to a group by number, which differs inside a template")
    return regex


def _refusal(text: str, finding: str) -> ConfigurationError:
    return ConfigurationError(f"path template {text!r} {finding}")
