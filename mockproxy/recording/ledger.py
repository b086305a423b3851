"""The troubles of one server: which of them the test has declared, and which fail it."""

from collections.abc import Iterator
from contextlib import contextmanager

from mockproxy.errors import ConfigurationError, RecordError, Trouble, UnmetExpectation


class Ledger:
    """Every trouble is noted once, on the loop of the server; the test declares some of them as expected."""

    def __init__(self) -> None:
        self._unexpected: list[Trouble] = []
        self._declared: list[_Declaration] = []

    def note(self, trouble: Trouble) -> None:
        fitting = [declaration for declaration in self._declared if isinstance(trouble, declaration.kinds)]
        for declaration in fitting:
            declaration.met.append(trouble)
        if not fitting:
            self._unexpected.append(trouble)

    @property
    def unexpected(self) -> tuple[Trouble, ...]:
        """What nobody declared, in order."""
        return tuple(self._unexpected)

    @contextmanager
    def expecting(self, *kinds: type[Trouble]) -> Iterator[list[Trouble]]:
        """Declares trouble of these kinds inside the block; gives the list in which it is gathered.

        Raises ``RecordError`` at the end of a block in which none came.
        """
        declaration = _Declaration(_checked(kinds))
        self._declared.append(declaration)
        try:
            yield declaration.met
        finally:
            self._declared.remove(declaration)
        if not declaration.met:
            names = " or ".join(kind.__name__ for kind in kinds)
            raise RecordError(f"expected trouble of kind {names}, and none came")


class _Declaration:
    def __init__(self, kinds: tuple[type[Trouble], ...]) -> None:
        self.kinds = kinds
        self.met: list[Trouble] = []


def _checked(kinds: tuple[type[Trouble], ...]) -> tuple[type[Trouble], ...]:
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, Trouble)):
            kinds_there_are = ", ".join(sorted(child.__name__ for child in Trouble.__subclasses__()))
            raise ConfigurationError(f"{kind!r} is no kind of trouble; the kinds are {kinds_there_are}")
        if issubclass(kind, UnmetExpectation):
            raise ConfigurationError(
                "UnmetExpectation never comes inside a block: whether an expectation is met is known only at the end; "
                "declare with on(...) what may stay unused, and the number of requests with expect(..., times=...)"
            )
    if not kinds:
        raise ConfigurationError("expecting() takes at least one kind of trouble, such as Unmatched")
    return kinds
