"""Exchanges as text for a terminal: as much of each as a screen has room for, most of those that went wrong."""

from collections.abc import Sequence

from mockproxy.recording.exchange import Exchange
from mockproxy.reports.story import story, summary

# A screen of text, and a line that wraps at most once on a usual terminal.
_LINES = 40
_WIDTH = 200


def transcript(exchanges: Sequence[Exchange], *, limit: int = _LINES) -> str:
    """The stories of the exchanges, in the order given, in at most ``limit`` lines.

    Those of several servers begin with the name of theirs.

    Where they are too long together, some shrink to a line: last of all those that hold trouble, before them those
    that went wrong in another way, the earliest staying longest; first of all the oldest that went well.
    What finds no room at all is counted in the last line.
    """
    if not exchanges:
        return "no exchange was recorded"
    named = len({exchange.server for exchange in exchanges}) > 1
    first, *others = sorted(range(len(exchanges)), key=lambda place: _rank(exchanges[place], place))
    shown = {first: _shortened(_story(exchanges[first], named=named), max(limit // 2, limit - len(others)))}
    room = limit - len(shown[first])
    kept = others if len(others) <= room else others[: room - 1]
    left_out = len(others) - len(kept)
    shown |= {place: [_cut(summary(exchanges[place], named=named))] for place in kept}
    room -= len(kept) + bool(left_out)
    for place in kept:
        lines = _story(exchanges[place], named=named)
        if len(lines) - 1 <= room:
            room -= len(lines) - 1
            shown[place] = lines
    text = [line for place in sorted(shown) for line in shown[place]]
    return "\n".join([*text, f"... {_counted(left_out, 'exchange')} left out"] if left_out else text)


def _rank(exchange: Exchange, place: int) -> tuple[int, int]:
    """The lower, the more there is to tell: what fails a test, what may have been meant to go wrong, the rest."""
    if exchange.troubles:
        return 0, place
    if exchange.error is not None or exchange.given is None or exchange.given.status >= 400:
        return 1, place
    return 2, -place


def _story(exchange: Exchange, *, named: bool) -> list[str]:
    return [_cut(line) for line in story(exchange, named=named).split("\n")]


def _shortened(lines: list[str], limit: int) -> list[str]:
    if len(lines) <= limit:
        return lines
    return [*lines[: limit - 1], f"   ... {_counted(len(lines) - limit + 1, 'more line')}"]


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
