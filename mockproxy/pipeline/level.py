"""The middlewares of one level, and how the levels of a route make one chain."""

import inspect
from collections.abc import Iterable, Set

from mockproxy.pipeline.entry import BoundEntry, Entry, adapt, adapt_interceptor
from mockproxy.pipeline.phase import Phase

_PHASES = tuple(Phase)


class Level:
    """What was registered on a proxy, an include or a forward, in order.

    ``place`` is where they were declared, where that is not where this is called from.
    Raises ``TypeError`` for what is no list of entries, and for an entry of the wrong kind.
    """

    __slots__ = ("entries",)

    def __init__(
        self, interceptors: Iterable[object] = (), middlewares: Iterable[object] = (), *, place: str | None = None
    ) -> None:
        entries = [adapt_interceptor(interceptor, place) for interceptor in _several("interceptors", interceptors)]
        entries += [adapt(middleware, Phase.PROXY, place) for middleware in _several("middlewares", middlewares)]
        self.entries: tuple[Entry, ...] = tuple(entries)

    def use(self, middleware: object, *, phase: Phase) -> None:
        """Appends a middleware; requests that are under way do not see it."""
        self.entries = (*self.entries, adapt(middleware, phase))


def _several(name: str, given: Iterable[object]) -> Iterable[object]:
    if isinstance(given, str | Set) or inspect.isclass(given) or not isinstance(given, Iterable):
        raise TypeError(f"{name} must be a list, in the order in which they run, not {given!r}: write {name}=[...]")
    return given


Levels = tuple[tuple[str, Level], ...]
"""The levels that a request passes, each with its name, the outermost first."""


def chain_of(levels: Levels) -> tuple[BoundEntry, ...]:
    """Phase by phase; within a phase outer levels first, then the order of registration."""
    bound = [BoundEntry(entry, name) for name, level in levels for entry in level.entries]
    return tuple(sorted(bound, key=_place_of_phase))


def _place_of_phase(bound: BoundEntry) -> int:
    return _PHASES.index(bound.entry.phase)
