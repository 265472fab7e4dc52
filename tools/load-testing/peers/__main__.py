"""`python -m peers`: measures every engine that is available here and prints the table of all of them.

Messages for people go to standard error, one JSON object goes to standard output. An engine that cannot be measured is
named with the reason and left out. Exit codes: 0 all measured answers were correct, 1 some were not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from peers import duckdb_engine, machine, postgres, table
from peers.corpus import Questions
from peers.figures import Measured
from peers.postgres_cluster import Unavailable

_ENGINES: dict[str, Callable[[Path, Path, Questions], Measured]] = {
    "PostgreSQL": postgres.measure,
    "DuckDB": duckdb_engine.measure,
}


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="peers", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="the output of `hammer corpus --output`")
    parser.add_argument("--questions", type=Path, required=True, help="the output of `hammer corpus --questions`")
    parser.add_argument("--work-dir", type=Path, required=True, help="a directory on the disk to be measured")
    parser.add_argument("--bench", type=Path, help="the output of `hammer bench` with the same seed")
    parser.add_argument("--engine", action="append", choices=list(_ENGINES), help="only this one; may be repeated")
    arguments = parser.parse_args()

    questions = Questions.read(arguments.questions)
    columns: list[Measured] = []
    skipped: dict[str, str] = {}
    bars: dict[str, str] = {}
    if arguments.bench is not None:
        report: dict[str, Any] = json.loads(arguments.bench.read_text())
        ours, bars = table.of_hammer(report)
        columns.append(ours)
    for name in arguments.engine or _ENGINES:
        print(f"measuring {name} with {questions.all_events:,} events", file=sys.stderr)
        try:
            columns.append(_apart(_ENGINES[name], arguments.work_dir, arguments.corpus, questions))
        except Unavailable as reason:
            skipped[name] = str(reason)

    found = machine.look(arguments.work_dir)
    print(f"\n{machine.sentence(found)}; {questions.all_events:,} events; p50; p99\n", file=sys.stderr)
    print(table.render(columns, bars), file=sys.stderr)
    for name, reason in skipped.items():
        print(f"\n{name} is left out: {reason}", file=sys.stderr)
    summary = {
        "machine": found,
        "events": questions.all_events,
        "columns": [asdict(column) for column in columns],
        "skipped": skipped,
    }
    json.dump(summary, sys.stdout, ensure_ascii=False)
    print()
    return 1 if any(column.wrong_answers for column in columns) else 0


def _apart(
    measure: Callable[[Path, Path, Questions], Measured], work: Path, corpus: Path, questions: Questions
) -> Measured:
    """Measures in a separate process, so that an engine is not charged for the remains of an earlier one."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, work, corpus, questions).result()


if __name__ == "__main__":
    sys.exit(main())
