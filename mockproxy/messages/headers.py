"""Header fields in the order, case and number in which they travel.

A field is a pair of octet strings (RFC 9110 section 5): nothing here merges, sorts or re-cases them.
Text is read as ISO 8859-1, which every octet survives (RFC 9110 section 5.5).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import starmap
from typing import Union, overload

from mockproxy.credentials.secret import redact_field
from mockproxy.errors import ConfigurationError

RawField = tuple[bytes, bytes]
RawFields = tuple[RawField, ...]
FieldPairs = Iterable[tuple[str | bytes, str | bytes]]
FieldsGiven = Union["FieldReading", Mapping[str, str], FieldPairs]

# RFC 9110 section 5.6.2
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 section 5.5: CR, LF and NUL are dangerous wherever a message is written out again.
_FORBIDDEN_IN_VALUE = re.compile(rb"[\r\n\x00]")


class FieldReading:
    """What can be asked of header fields, frozen or not."""

    __slots__ = ()

    @property
    def raw(self) -> RawFields:
        """The fields as octets, as on the wire."""
        raise NotImplementedError

    def __getitem__(self, name: str) -> str:
        """The value of the first line with this name, in any case."""
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        values = self.values_of(_lowered(name))
        return values[0].decode("latin-1") if values else default

    def all(self, name: str) -> list[str]:
        """The values of all lines with this name, in order."""
        return [value.decode("latin-1") for value in self.values_of(_lowered(name))]

    def values_of(self, lowered: bytes) -> list[bytes]:
        """As ``all``, in octets, for a name that is lower-case already."""
        return [value for field, value in self.raw if field.lower() == lowered]

    def items(self) -> list[tuple[str, str]]:
        """Every line, in order, repeats included."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.raw]

    def keys(self) -> list[str]:
        """The distinct names, each in the case of its first line."""
        seen: dict[bytes, str] = {}
        for name, _ in self.raw:
            seen.setdefault(name.lower(), name.decode("latin-1"))
        return list(seen.values())

    def tokens(self, name: str) -> list[str]:
        """The members of a comma-separated field over all its lines, lower-case (RFC 9110 section 5.6.1)."""
        lines = self.values_of(_lowered(name))
        if not lines:
            return []
        members = b",".join(lines).decode("latin-1").lower().split(",")
        return [stripped for member in members if (stripped := member.strip())]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.values_of(_lowered(name)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.raw)


class Headers(FieldReading):
    """Frozen header fields: ordered, case-insensitive, with repeats and original case.

    Two are equal when they hold the same lines in the same order; the case of names does not count.
    """

    __slots__ = ("_names", "_raw")

    def __init__(self, fields: FieldsGiven = ()) -> None:
        __tracebackhide__ = True
        self._raw = raw_fields(fields)
        self._names: tuple[bytes, ...] | None = None

    @classmethod
    def of_wire(cls, raw: RawFields) -> "Headers":
        """Fields that a parser has checked already."""
        headers = cls.__new__(cls)
        headers._raw = raw
        headers._names = None
        return headers

    @property
    def raw(self) -> RawFields:
        return self._raw

    def values_of(self, lowered: bytes) -> list[bytes]:
        # Most questions are for fields that are not there: one look at the names answers them.
        if self._names is None:
            self._names = tuple([name.lower() for name, _ in self._raw])
        if lowered not in self._names:
            return []
        return [value for name, (_, value) in zip(self._names, self._raw, strict=True) if name == lowered]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return _comparable(self._raw) == _comparable(other._raw)

    def __hash__(self) -> int:
        return hash(_comparable(self._raw))

    def __repr__(self) -> str:
        return f"Headers({[(name, redact_field(name, value)) for name, value in self.items()]!r})"


class MutableHeaders(FieldReading):
    """The header fields of a message that is still being made.

    ``raw`` is another tuple after a change and the same one without: the record shares what nobody has touched.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: RawFields) -> None:
        self._raw = raw

    @property
    def raw(self) -> RawFields:
        return self._raw

    @raw.setter
    def raw(self, raw: RawFields) -> None:
        self._raw = tuple(raw)

    def __setitem__(self, name: str, value: str | bytes) -> None:
        """Leaves exactly one line of this name: in the place of the first, or at the end."""
        __tracebackhide__ = True
        line = raw_field(name, value)
        wanted = line[0].lower()
        kept: list[RawField] = []
        placed = False
        for field in self._raw:
            if field[0].lower() != wanted:
                kept.append(field)
            elif not placed:
                kept.append(line)
                placed = True
        if not placed:
            kept.append(line)
        self._raw = tuple(kept)

    def __delitem__(self, name: str) -> None:
        """Leaves no line of this name; one that was not there is as good as removed."""
        wanted = name.lower().encode("latin-1")
        self._raw = tuple([field for field in self._raw if field[0].lower() != wanted])

    def add(self, name: str, value: str | bytes) -> None:
        """Appends a line and leaves those of the same name alone."""
        __tracebackhide__ = True
        self._raw = (*self._raw, raw_field(name, value))

    def setdefault(self, name: str, value: str | bytes) -> str:
        """The value of the first line; where there is none, appends this one."""
        __tracebackhide__ = True
        if name not in self:
            self.add(name, value)
        return self[name]

    def update(self, fields: FieldsGiven) -> None:
        """Sets each field, as item assignment does; a name given twice keeps both lines."""
        __tracebackhide__ = True
        placed: set[bytes] = set()
        for name, value in raw_fields(fields):
            if name.lower() in placed:
                self._raw = (*self._raw, (name, value))
            else:
                self[name.decode()] = value
                placed.add(name.lower())

    def __repr__(self) -> str:
        return f"Mutable{Headers.of_wire(self.raw)!r}"


@lru_cache(maxsize=256)
def _lowered(name: str) -> bytes:
    return name.lower().encode("latin-1")


def raw_fields(fields: FieldsGiven) -> RawFields:
    """Checks fields that a user wrote; raises ``ConfigurationError`` for one that could not be sent."""
    __tracebackhide__ = True
    if isinstance(fields, FieldReading):
        return fields.raw
    pairs: FieldPairs = fields.items() if isinstance(fields, Mapping) else fields
    return tuple(starmap(raw_field, pairs))


def raw_field(name: str | bytes, value: str | bytes) -> RawField:
    __tracebackhide__ = True
    octets = _octets("name of a header field", name)
    if not _TOKEN.fullmatch(octets):
        raise ConfigurationError(
            f"header name {name!r} cannot be sent: a name is one or more of A-Z a-z 0-9 !#$%&'*+-.^_`|~ "
            "(RFC 9110 section 5.1)"
        )
    content = _octets(f"value of header {octets.decode()!r}", value)
    if _FORBIDDEN_IN_VALUE.search(content):
        raise ConfigurationError(
            f"the value of header {octets.decode()!r} holds a line break or NUL, which would end the field: "
            f"{redact_field(octets.decode(), content.decode('latin-1'))!r}; remove it (RFC 9110 section 5.5)"
        )
    return octets, content.strip(b" \t")


def _octets(what: str, text: str | bytes) -> bytes:
    __tracebackhide__ = True
    if isinstance(text, bytes):
        return text
    if not isinstance(text, str):
        raise ConfigurationError(f"the {what} must be str or bytes, not {type(text).__name__}: {text!r}")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise ConfigurationError(
            f"the {what} is not ISO 8859-1 text: it holds {text[error.start]!r} at position {error.start}; give the "
            "encoded bytes instead"
        ) from None


def _comparable(raw: RawFields) -> RawFields:
    return tuple((name.lower(), value) for name, value in raw)
