"""A journal of which each exchange is told with more than its own server can know."""

from collections.abc import Callable, Sequence

from mockproxy.recording.exchange import Exchange
from mockproxy.recording.journal import Journal


class JournalView(Journal):
    """As live as the journal behind it: what is open, and what is waited for, is that of the other."""

    def __init__(self, journal: Journal, complete: Callable[[], Sequence[Exchange]]) -> None:
        """``complete`` gives one exchange for each of the journal, in the same order; what it raises is raised here."""
        super().__init__(journal._describe)
        self._journal = journal
        self._tell = complete
        self._open, self._changed, self._waiters = journal._open, journal._changed, journal._waiters

    def __len__(self) -> int:
        return len(self._journal)

    def _complete(self) -> Sequence[Exchange]:
        return self._tell()

    def _is_on_loop(self) -> bool:
        return self._journal._is_on_loop()
