"""Owns the table: its rows, those of them that hammer measured, and the format of figures."""

from __future__ import annotations

from typing import Any

from peers.figures import Figures, Measured

# Rows are identified by the beginning of hammer's names for them.
ROWS = [
    "durable ingest, batches of 500",
    "the same until nothing is left",
    "acknowledge of these batches",
    "server CPU per million events",
    "cores that others kept busy",
    "stored bytes per event",
    "resident memory, highest while loaded",
    "resident memory, after the queries",
    "start, loaded",
    "needle: event id",
    "needle: request id",
    "needle: actor",
    "needle: target",
    "newest 50, unfiltered",
    "newest 50, matching 3 %",
    "page of 50 at rank 100,000",
    "newest 50, matching 1 in 10,000",
    "free text: token in",
    "free text: common token, newest 50",
    "free text: common token, count",
    "terms by action, first",
    "terms by action, again",
    "hourly histogram, first",
    "hourly histogram, again",
    "terms by action, matching 3 %, first",
    "terms by action, matching 3 %, again",
    "hourly histogram, matching 3 %, first",
    "hourly histogram, matching 3 %, again",
]

_ABSENT = "–"


def of_hammer(report: dict[str, Any]) -> tuple[Measured, dict[str, str]]:
    """auditlog's column and the bars, from the output of `hammer bench`."""
    measured = Measured(
        name="auditlog",
        version=str(report["machine"]["server"]),
        durability="acknowledged after fdatasync of the ledger (SQLite, WAL, synchronous=FULL)",
        differences=["JSON over HTTP both ways, one key for each tenant; duplicates checked; a Merkle leaf an event"],
        wrong_answers=[f"{kind}: {count}" for kind, count in report["violations"].items()],
    )
    bars: dict[str, str] = {}
    for row in ROWS:
        for found in report["rows"]:
            if str(found["what"]).startswith(row) and row not in measured.rows:
                measured.rows[row] = {str(unit): float(figure) for unit, figure in found["figures"]}
                bars[row] = str(found["bar"])
    return measured, bars


def render(columns: list[Measured], bars: dict[str, str]) -> str:
    """The table in Markdown, followed by the guarantees and limitations of each engine."""
    cells = [["what", *(column.name for column in columns), "bar"]]
    for row in ROWS:
        cells.append([row, *(_cell(column.rows.get(row)) for column in columns), bars.get(row, "")])
    widths = [max(len(line[place]) for line in cells) for place in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for column in columns:
        lines += ["", f"{column.name}: {column.version}; {column.durability}"]
        lines += [f"  - {difference}" for difference in column.differences]
        if column.wrong_answers:
            lines += [f"  - WRONG: {len(column.wrong_answers)} answers, the first: {column.wrong_answers[0]}"]
    return "\n".join(lines)


def _cell(figures: Figures | None) -> str:
    """Figures with their units; latencies share theirs."""
    if figures is None:
        return _ABSENT
    if "p50 ms" in figures:
        return f"{_number(figures['p50 ms'])}; {_number(figures['p99 ms'])} ms"
    return ", ".join(f"{_number(figure)} {unit}" for unit, figure in figures.items())


def _number(value: float) -> str:
    """Three significant digits, or more if they are before the decimal point, as in hammer."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
