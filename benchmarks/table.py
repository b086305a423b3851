"""The figures of a run, each beside the peer that it is compared with."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; ``peer`` is that of the first peer of its group, in the same run and the same unit."""

    group: str
    what: str
    value: float
    unit: str
    peer: float | None = None

    @property
    def ratio(self) -> str:
        return f"{self.value / self.peer:.2f}" if self.peer else ""


def against(group: str, unit: str, figures: dict[str, float], *, peer: str) -> list[Row]:
    """Rows of one group with their ratios to one of them."""
    return [Row(group, what, value, unit, figures[peer]) for what, value in figures.items()]


def print_rows(rows: Iterable[Row]) -> None:
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            print(f"\n{group}")
        print(f"  {row.what:<34} {row.value:>10.1f} {row.unit:<4} {row.ratio:>7}", flush=True)
