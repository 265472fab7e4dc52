"""Owns the results of one engine: its figures by row, its version, its guarantees and its limitations."""

from __future__ import annotations

from dataclasses import dataclass, field

Figures = dict[str, float]


@dataclass
class Measured:
    """One engine's column of the table."""

    name: str
    version: str
    durability: str
    differences: list[str]
    rows: dict[str, Figures] = field(default_factory=dict[str, Figures])
    wrong_answers: list[str] = field(default_factory=list[str])

    def add(self, row: str, **figures: float) -> None:
        """Adds a row's figures, by unit, where `_` stands for a space."""
        self.rows[row] = {unit.replace("_", " "): figure for unit, figure in figures.items()}


def percentile(sorted_values: list[float], share: float) -> float:
    """The quantile at this share. The list is sorted and not empty."""
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def add_latencies(measured: Measured, row: str, seconds: list[float]) -> None:
    """Adds p50 and p99, in milliseconds, as hammer does."""
    ordered = sorted(seconds)
    measured.rows[row] = {
        "p50 ms": percentile(ordered, 0.50) * 1_000,
        "p99 ms": percentile(ordered, 0.99) * 1_000,
    }
