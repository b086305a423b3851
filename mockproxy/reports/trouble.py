"""Troubles as one report: what went wrong, where it was declared, the traceback of what was raised, and what to do."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent

from mockproxy.errors import Trouble, UnmetExpectation
from mockproxy.reports.cause import cause_text
from mockproxy.reports.escaping import printable

# As much of each as a page holds, and no more of them than somebody reads.
_LINES = 30
_WIDTH = 400
_TROUBLES = 10

_UNUSED = "expect(...) must be requested as often as it says; what may stay unused is declared with on(...)."
_INTENDED = """\
If the test means to cause this, declare it around what causes it, on the target or proxy where it happens:
    with server.expecting({kinds}): ..."""


def trouble_report(troubles: Sequence[Trouble]) -> str:
    """All troubles in order; those that read the same are told once and counted.

    Long texts are cut, and control characters stand escaped.
    """
    things = "1 thing" if len(troubles) == 1 else f"{len(troubles)} things"
    counted = Counter(map(_description, troubles))
    shown = list(counted.items())[:_TROUBLES]
    paragraphs = [f"mockproxy: {things} went wrong that the test did not declare"]
    paragraphs += [_numbered(number, text, count) for number, (text, count) in enumerate(shown, start=1)]
    if len(counted) > _TROUBLES:
        paragraphs.append(f"... {len(counted) - _TROUBLES} more")
    return "\n\n".join(paragraphs + _advice(troubles))


def _description(trouble: Trouble) -> str:
    lines = _bounded(_headed(trouble))
    where = _where(trouble, lines[0])
    if where:
        lines.append(", ".join(where))
    if trouble.__cause__:
        lines += _cut_lines(cause_text(trouble.__cause__))
    return printable("\n".join(lines))


def _where(trouble: Trouble, told: str) -> list[str]:
    where = []
    if trouble.server and f" at {trouble.server}" not in told:
        where.append(f"seen at {trouble.server}")
    if trouble.place:
        where.append(f"declared at {_short_place(trouble.place)}")
    return where


def _headed(trouble: Trouble) -> str:
    """The message, after the kind of trouble where it does not begin with that."""
    kind, message = _words(type(trouble).__name__), str(trouble)
    return message if message.startswith(kind) else f"{kind}: {message}"


def _words(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def _short_place(place: str) -> str:
    path, _, line = place.rpartition(":")
    here = Path.cwd()
    return f"{Path(path).relative_to(here)}:{line}" if Path(path).is_relative_to(here) else place


def _bounded(text: str) -> list[str]:
    lines = _cut_lines(text)
    if len(lines) <= _LINES:
        return lines
    return [*lines[: _LINES - 1], f"... {len(lines) - _LINES + 1} more lines"]


def _cut_lines(text: str) -> list[str]:
    return [line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..." for line in text.split("\n")]


def _numbered(number: int, text: str, count: int) -> str:
    first, newline, rest = text.partition("\n")
    times = f"  ({count} times)" if count > 1 else ""
    return f"{number}. {first}{times}{newline}{indent(rest, '   ')}"


def _advice(troubles: Sequence[Trouble]) -> list[str]:
    advice = [_UNUSED] if any(isinstance(trouble, UnmetExpectation) for trouble in troubles) else []
    # Whether an expectation is met is known only at the end, where no block can declare it.
    kinds = {type(trouble).__name__ for trouble in troubles if not isinstance(trouble, UnmetExpectation)}
    return [*advice, _INTENDED.format(kinds=", ".join(sorted(kinds)))] if kinds else advice
