"""Owns DuckDB's column of the table: its loading, its SQL for each query, and the order of the steps.

DuckDB runs inside the client's process, so this module runs in its own process, whose time and memory are measured.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import duckdb

from peers import arrow_batches, asking, connections, processes
from peers.asking import PAGE, Rows
from peers.corpus import Questions
from peers.figures import Measured, add_latencies

_CONNECTIONS = 8

# Without the compression setting the file would be twice as large.
_SCHEMA = """
CREATE TABLE events (
    tenant VARCHAR NOT NULL, id UUID NOT NULL, occurred_at TIMESTAMP NOT NULL, action VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL, outcome_code VARCHAR, actor VARCHAR NOT NULL, principal VARCHAR, target VARCHAR NOT NULL,
    request_id UUID NOT NULL, text VARCHAR NOT NULL, document VARCHAR NOT NULL USING COMPRESSION zstd
)
"""

_NEWEST_FIRST = f"ORDER BY occurred_at DESC, id DESC LIMIT {PAGE}"
# The first test is fast and returns too much; the second one checks the word boundaries.
_HOUR = "CAST(epoch(date_trunc('hour', occurred_at)) AS BIGINT)"
_WORD = r"contains(lower(text), $1) AND list_contains(regexp_split_to_array(lower(text), '[^\pL\pN]+'), $1)"


class DuckDb:
    """Queries one database over one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant

    def by_id(self, key: str) -> Rows:
        return self._page("id = CAST($1 AS UUID)", key)

    def by_request_id(self, key: str) -> Rows:
        return self._page("request_id = CAST($1 AS UUID)", key)

    def by_actor(self, key: str) -> Rows:
        return self._page("(actor = $1 OR principal = $1)", key)

    def by_target(self, key: str) -> Rows:
        return self._page("target = $1", key)

    def newest(self) -> Rows:
        return self._page("true")

    def by_outcome(self, key: str) -> Rows:
        return self._page("outcome = $1", key)

    def by_code(self, key: str) -> Rows:
        return self._page("outcome_code = $1", key)

    def place_of(self, rank: int) -> tuple[Any, ...]:
        order = f"ORDER BY occurred_at DESC, id DESC OFFSET {rank - 1} LIMIT 1"
        return self._rows(f"SELECT occurred_at, id FROM events WHERE {self._of_tenant()} {order}")[0]

    def behind(self, place: tuple[Any, ...]) -> Rows:
        return self._page("(occurred_at < $1 OR (occurred_at = $1 AND id < $2))", *place)

    def by_token(self, key: str) -> Rows:
        return self._page(_WORD, key)

    def count_token(self, key: str) -> Rows:
        return self._rows(f"SELECT count(*) FROM events WHERE {self._of_tenant()} AND {_WORD}", key)

    def actions(self) -> Rows:
        return self._counts("action", "true")

    def hours(self) -> Rows:
        return self._counts(_HOUR, "true")

    def actions_by_outcome(self, key: str) -> Rows:
        return self._counts("action", "outcome = $1", key)

    def hours_by_outcome(self, key: str) -> Rows:
        return self._counts(_HOUR, "outcome = $1", key)

    def _counts(self, group: str, condition: str, *values: object) -> Rows:
        of_tenant = self._of_tenant()
        return self._rows(
            f"SELECT {group}, count(*) FROM events WHERE {of_tenant} AND {condition} GROUP BY 1", *values
        )

    def _of_tenant(self) -> str:
        return f"tenant = '{self._tenant}'"

    def _page(self, condition: str, *values: object) -> Rows:
        return self._rows(
            f"SELECT document FROM events WHERE {self._of_tenant()} AND {condition} {_NEWEST_FIRST}", *values
        )

    def _rows(self, sql: str, *values: object) -> Rows:
        return self._connection.execute(sql, list(values)).fetchall()


def measure(work: Path, corpus: Path, questions: Questions) -> Measured:
    """Loads the corpus into a new database and runs all queries."""
    file = work / "duckdb" / "events.duckdb"
    file.parent.mkdir()
    measured = Measured(
        name="DuckDB",
        version=f"DuckDB {duckdb.__version__}",
        durability="acknowledged after its write-ahead log is synced, once for each commit",
        differences=[
            "no check for duplicates: the table has no key, which a column engine would pay for dearly",
            "no tamper evidence",
            "one process: it runs inside the client, so there is no server, no socket and no access control",
            "the client passes Arrow batches that were prepared before the measurement, not JSON over HTTP",
            "CPU and memory are those of the whole process, Python included",
            "no index and no full text: words are found by scanning every text",
        ],
    )
    _load(file, arrow_batches.prepare(corpus, work / "batches.arrow"), questions, measured)
    _ask(file, questions, measured)
    return measured


def _load(file: Path, prepared: list[object], questions: Questions, measured: Measured) -> None:
    connection = duckdb.connect(file)
    # With the default of 16 MB it rewrites its file so often that commits wait and half of the file stays empty.
    connection.execute("SET checkpoint_threshold = '256MB'")
    connection.execute(_SCHEMA)
    began = time.perf_counter()
    with processes.Watch(os.getpid()) as watch:
        latencies = _insert(connection, prepared)
        acknowledged = time.perf_counter() - began
        connection.execute("CHECKPOINT")
        settled = time.perf_counter() - began
    connection.close()
    events = questions.all_events
    measured.add("durable ingest, batches of 500", **{"events/s": events / acknowledged})
    measured.add("the same until nothing is left", **{"events/s": events / settled})
    add_latencies(measured, "acknowledge of these batches", latencies)
    measured.add("server CPU per million events", s=watch.processor_seconds * 1_000_000 / events)
    measured.add("cores that others kept busy", cores=watch.cores_of_others)
    measured.add("stored bytes per event", B=processes.allocated_bytes(file.parent) / events)
    measured.add("resident memory, highest while loaded", MiB=watch.mebibytes)


def _insert(connection: duckdb.DuckDBPyConnection, prepared: list[object]) -> list[float]:
    """Inserts every batch in its own transaction and returns how long each took, in seconds."""
    seconds: list[float] = []
    waiting = iter(prepared)
    lock = threading.Lock()

    def work() -> None:
        cursor = connection.cursor()
        while True:
            with lock:
                batch = next(waiting, None)
            if batch is None:
                return
            asked = time.perf_counter()
            cursor.register("batch", batch)
            cursor.execute("INSERT INTO events SELECT * FROM batch")
            seconds.append(time.perf_counter() - asked)

    connections.work_on_each(_CONNECTIONS, work)
    return seconds


def _ask(file: Path, questions: Questions, measured: Measured) -> None:
    began = time.perf_counter()
    connection = duckdb.connect(file)
    measured.add("start, loaded", ms=(time.perf_counter() - began) * 1_000)
    asking.measure(DuckDb(connection, questions.tenant), questions, measured)
    measured.add("resident memory, after the queries", MiB=processes.resident_mebibytes(os.getpid()))
    connection.close()
