"""Request targets and URLs, read without ever being rewritten (RFC 9112 section 3.2, RFC 3986).

A path or query that is read here can be put back byte for byte: nothing is decoded, re-quoted or normalized on the way.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import overload
from urllib.parse import quote, unquote_plus, urlencode, urlsplit

from mockproxy.credentials.secret import redact_query
from mockproxy.errors import ConfigurationError

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*")
_NOT_IN_PATH = re.compile(r"[\x00-\x20\x7f?#]|[^\x00-\xff]")
_NOT_IN_QUERY = re.compile(r"[\x00-\x20\x7f#]|[^\x00-\xff]")

QueryGiven = str | Mapping[str, str | Iterable[str]] | Iterable[tuple[str, str]]


def path_and_query(raw_target: str) -> tuple[str, str | None]:
    """The raw path and the raw query; None where there is no ``?`` at all.

    The authority of an absolute-form target is left out: a reverse proxy uses its own (RFC 9112 section 3.2.2).
    """
    if not raw_target.startswith("/"):
        absolute = _ABSOLUTE.match(raw_target)
        if absolute:
            raw_target = raw_target[absolute.end() :]
            raw_target = raw_target if raw_target.startswith("/") else "/" + raw_target
    path, mark, query = raw_target.partition("?")
    return path, query if mark else None


def checked_path(path: str, *, query: str = "`query`") -> str:
    """A path that can stand in a request line as it is; raises ``ConfigurationError`` for any other.

    ``query`` is what the error calls the place for a query.
    """
    if path != "*" and not path.startswith("/"):
        raise ConfigurationError(f"the path {path!r} must start with '/'")
    found = _NOT_IN_PATH.search(path)
    if found:
        raise ConfigurationError(
            f"the path {path!r} holds {found.group()!r}, which cannot stand in a request line: percent-encode it "
            f"({quote(found.group(), safe='')}); a query is set as {query}"
        )
    return path


def raw_query(query: QueryGiven, *, name: str = "the query") -> str:
    """A query as it stands on the wire: text is taken as it is, pairs are encoded as a form would be.

    Raises ``ConfigurationError`` that speaks of ``name`` for text that cannot stand in a request line.
    """
    if isinstance(query, Query):
        return query.raw
    if not isinstance(query, str):
        pairs = query.items() if isinstance(query, Mapping) else query
        return urlencode([(name, value) for name, value in pairs], doseq=True)
    found = _NOT_IN_QUERY.search(query)
    if found:
        raise ConfigurationError(
            f"{name} {query!r} holds {found.group()!r}, which cannot stand in a request line: percent-encode it"
        )
    return query


class Query:
    """The query of a request target: the raw text, and its pairs read as a form is (``+`` is a space).

    Equal to another query or to a text with the same raw characters, and to a mapping of each name to its value,
    or to the list of its values where it is repeated.
    """

    __slots__ = ("raw",)

    def __init__(self, raw: str) -> None:
        self.raw = raw

    def items(self) -> list[tuple[str, str]]:
        """Every pair in order, decoded; a name without ``=`` has the value ``""``."""
        members = [member.partition("=") for member in self.raw.split("&") if member]
        return [(unquote_plus(name), unquote_plus(value)) for name, _, value in members]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.items() if key == name]

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        return next(iter(self.all(name)), default)

    def __getitem__(self, name: str) -> str:
        """The first value of this name."""
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def keys(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self.items()))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.items())

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __str__(self) -> str:
        return self.raw

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Query):
            return self.raw == other.raw
        if isinstance(other, str):
            return self.raw == other
        if isinstance(other, Mapping):
            return {name: _one_or_list(self.all(name)) for name in self.keys()} == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Query({redact_query(self.raw)!r})"


def _one_or_list(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a target lives: what a connection is made to, and the path that its URL puts before every other."""

    host: str
    port: int
    base_path: str = ""

    @property
    def authority(self) -> str:
        """As it stands in ``Host``: with the port, unless it is the default one (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    def full_path(self, path: str) -> str:
        """The base path and the path, joined with exactly one slash."""
        if not self.base_path or path == "*":
            return path
        return self.base_path + path


def parse_origin(url: str) -> Origin:
    """Reads the URL of a target; raises ``ConfigurationError`` for one that cannot be one."""
    if not isinstance(url, str):
        raise ConfigurationError(f"a target is a TargetServer or a URL such as 'http://127.0.0.1:8000', not {url!r}")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigurationError(f"the target URL {url!r} cannot be read: {error}") from None
    if parts.scheme != "http":
        raise ConfigurationError(f"the target URL {url!r} must start with 'http://'; other schemes are not spoken yet")
    if parts.query or parts.fragment or parts.username is not None:
        raise ConfigurationError(
            f"the target URL {url!r} holds a query, a fragment or credentials: give scheme, host, port and base path "
            "only, and set the rest in a middleware"
        )
    try:
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"the target URL {url!r} has a port that is not a number up to 65535") from None
    if not parts.hostname:
        raise ConfigurationError(f"the target URL {url!r} names no host")
    return Origin(parts.hostname, 80 if port is None else port, checked_path(parts.path or "/").rstrip("/"))
