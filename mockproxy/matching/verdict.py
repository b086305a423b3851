"""How near a request came to a pattern: one line for each criterion, and a figure to compare by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One criterion of a pattern, held against one request.

    ``location`` is the name or the JSON path that it speaks of, where it speaks of one; ``similarity`` goes from 0 to
    1, which stands for a criterion that holds.
    Secrets stand in it as tags.
    """

    criterion: str
    ok: bool
    expected: str
    seen: str
    location: str = ""
    weight: int = 1
    similarity: float = 0.0

    def __str__(self) -> str:
        place = f"{self.location}: " if self.location else ""
        if self.ok:
            return f"✓ {self.criterion:<7} {place}{self.expected}"
        return f"✗ {self.criterion:<7} {place}expected {self.expected}, got {self.seen}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of a pattern, in the order method, path, query, headers, cookies, body.

    None is left out because another failed: what a test wants to know is everything that differs.
    """

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def score(self) -> float:
        """From 0, nothing agrees, to 1, everything does; each criterion counts by its weight."""
        agreed = sum(check.weight * check.similarity for check in self.checks)
        return agreed / sum(check.weight for check in self.checks)

    def __str__(self) -> str:
        return "\n".join(map(str, self.checks))
