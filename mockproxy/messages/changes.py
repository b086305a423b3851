"""The difference between two states of a message."""

from collections import Counter
from dataclasses import dataclass

from mockproxy.credentials.secret import redact_field
from mockproxy.messages.headers import Headers, RawFields


@dataclass(frozen=True, slots=True, repr=False)
class FieldChanges:
    """What became of header fields: the lines added, the lines removed, and each name whose value is another now.

    ``replaced`` maps a name to its value before and after; the lines of a repeated field are joined with ``", "``.
    """

    added: Headers
    removed: Headers
    replaced: dict[str, tuple[str, str]]

    @classmethod
    def between(cls, before: RawFields, after: RawFields) -> "FieldChanges":
        """Lines that only moved count as unchanged."""
        gone, come = _only_in(before, after), _only_in(after, before)
        both = {name.lower() for name, _ in gone} & {name.lower() for name, _ in come}
        old, new = Headers.of_wire(before), Headers.of_wire(after)
        names = [name for name in new if name.lower().encode("latin-1") in both]
        return cls(
            added=Headers.of_wire(tuple(line for line in come if line[0].lower() not in both)),
            removed=Headers.of_wire(tuple(line for line in gone if line[0].lower() not in both)),
            replaced={name: (", ".join(old.all(name)), ", ".join(new.all(name))) for name in names},
        )

    def __bool__(self) -> bool:
        return bool(len(self.added) or len(self.removed) or self.replaced)

    def __repr__(self) -> str:
        replaced = {
            name: (redact_field(name, before), redact_field(name, after))
            for name, (before, after) in self.replaced.items()
        }
        return f"FieldChanges(added={self.added!r}, removed={self.removed!r}, replaced={replaced!r})"


def _only_in(these: RawFields, those: RawFields) -> list[tuple[bytes, bytes]]:
    left = Counter((name.lower(), value) for name, value in those)
    lines = []
    for name, value in these:
        key = (name.lower(), value)
        if left[key]:
            left[key] -= 1
        else:
            lines.append((name, value))
    return lines
