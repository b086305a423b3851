"""The rows of one resource: JSON objects in order of creation, told apart by a key.

A row is replaced by another and never written onto, so that a row which was given out stays what it was.
"""

import itertools
import json as jsonlib
from collections.abc import Iterable, Iterator, Mapping

from mockproxy.errors import ConfigurationError
from mockproxy.messages.media import JSON

Row = dict[str, JSON]


class RowRefused(Exception):
    """What a client wants of these rows cannot be; ``status`` is what it is told."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Rows:
    """Copies of the rows given; raises ``ConfigurationError`` unless each is JSON and has a key of its own.

    A row goes by its name: the key as text, which is how a path says it.
    """

    def __init__(self, given: Iterable[Mapping[str, JSON]], key: str) -> None:
        self._key = key
        self._rows: dict[str, Row] = {}
        for row in copied(given):
            self._rows[self._free_name(row)] = row
        keys = [row[key] for row in self]
        self._keys_are_text = any(isinstance(value, str) for value in keys)
        self._numbers = itertools.count(1 + max((value for value in keys if isinstance(value, int)), default=0))

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __getitem__(self, name: str) -> Row:
        if name not in self._rows:
            raise self._missing(name)
        return self._rows[name]

    def add(self, row: Row) -> str:
        """Returns the name; a row without a key gets the next number, and one that was deleted is not given again."""
        if self._key not in row:
            row = {self._key: self._next_key(), **row}
        name = _name(row[self._key])
        if name is None:
            raise RowRefused(400, f"{self._key} must be a whole number or a text that is not empty")
        if name in self._rows:
            raise RowRefused(409, f"there is a row with {self._key} {name!r} already")
        self._rows[name] = row
        return name

    def replace(self, name: str, row: Row) -> Row:
        """A row that says no key keeps the one that it has."""
        return self._put(name, {self._key: self[name][self._key], **row})

    def merge(self, name: str, patch: Row) -> Row:
        return self._put(name, merged(self[name], patch))

    def remove(self, name: str) -> None:
        if name not in self._rows:
            raise self._missing(name)
        del self._rows[name]

    def _missing(self, name: str) -> RowRefused:
        return RowRefused(404, f"there is no row with {self._key} {name!r}")

    def _put(self, name: str, row: Row) -> Row:
        # RFC 9110 section 9.3.4: what is put must not contradict the path that it is put to.
        if _name(row.get(self._key)) != name:
            raise RowRefused(409, f"the {self._key} of row {name!r} cannot become another")
        self._rows[name] = {**row, self._key: self[name][self._key]}
        return self._rows[name]

    def _next_key(self) -> int | str:
        number = next(number for number in self._numbers if str(number) not in self._rows)
        return str(number) if self._keys_are_text else number

    def _free_name(self, row: JSON) -> str:
        name = _name(row.get(self._key)) if isinstance(row, dict) else None
        if name is None:
            raise ConfigurationError(f"a row is a mapping with a number or a text as its {self._key!r}, not {row!r}")
        if name in self._rows:
            raise ConfigurationError(f"two rows have the {self._key} {name!r}, which must tell them apart")
        return name


def merged(value: JSON, patch: JSON) -> JSON:
    """The value with a merge patch applied to it (RFC 7396 section 2); neither is written onto."""
    if not isinstance(patch, dict):
        return patch
    result = dict(value) if isinstance(value, dict) else {}
    for name, part in patch.items():
        if part is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), part)
    return result


def copied(rows: Iterable[Mapping[str, JSON]]) -> list[Row]:
    """The rows as whoever reads them as JSON has them."""
    try:
        copies: list[Row] = jsonlib.loads(jsonlib.dumps(list(rows)))
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"these rows cannot be written as JSON: {error}") from error
    return copies


def _name(key: JSON) -> str | None:
    """The name that a key makes; None for what is no key."""
    if isinstance(key, bool) or not isinstance(key, int | str) or key == "":
        return None
    return str(key)
