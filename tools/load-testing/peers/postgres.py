"""Owns PostgreSQL's column of the table: its SQL for each query, and the order in which it is measured."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psycopg

from peers import asking, processes
from peers.asking import PAGE, Rows
from peers.corpus import Questions
from peers.figures import Measured, add_latencies
from peers.postgres_cluster import Cluster
from peers.postgres_load import SCHEMA, PreparedBatches, load

_NEWEST_FIRST = f"ORDER BY occurred_at DESC, id DESC LIMIT {PAGE}"
_HOUR = "extract(epoch FROM date_trunc('hour', occurred_at))::bigint"
_WORD = "to_tsvector('simple', text) @@ plainto_tsquery('simple', %s)"


class PostgreSql:
    """Queries one server over one connection. Documents are returned as text, so that no client parses them."""

    def __init__(self, address: str, tenant: str) -> None:
        self._connection = psycopg.connect(address, autocommit=True)
        self._tenant = tenant

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def by_id(self, key: str) -> Rows:
        return self._rows("SELECT document::text FROM events WHERE tenant = %s AND id = %s", key)

    def by_request_id(self, key: str) -> Rows:
        return self._page("request_id = %s", key)

    def by_actor(self, key: str) -> Rows:
        # Two ordered index scans and a merge; OR would sort every event of a frequent actor.
        one = f"(SELECT * FROM events WHERE tenant = %s AND {{}} {_NEWEST_FIRST})"
        both = f"{one.format('actor = %s')} UNION ALL {one.format('principal = %s')}"
        return self._rows(f"SELECT document::text FROM ({both}) AS either {_NEWEST_FIRST}", key, self._tenant, key)

    def by_target(self, key: str) -> Rows:
        return self._page("target = %s", key)

    def newest(self) -> Rows:
        return self._page("true")

    def by_outcome(self, key: str) -> Rows:
        return self._page("outcome = %s", key)

    def by_code(self, key: str) -> Rows:
        return self._page("outcome_code = %s", key)

    def place_of(self, rank: int) -> tuple[Any, ...]:
        order = "ORDER BY occurred_at DESC, id DESC OFFSET %s LIMIT 1"
        return self._rows(f"SELECT occurred_at, id FROM events WHERE tenant = %s {order}", rank - 1)[0]

    def behind(self, place: tuple[Any, ...]) -> Rows:
        return self._page("(occurred_at, id) < (%s, %s)", *place)

    def by_token(self, key: str) -> Rows:
        # Planned separately for each word, because one plan for all words would be wrong for rare or for common ones.
        return self._page(_WORD, key, prepare=False)

    def count_token(self, key: str) -> Rows:
        return self._rows(f"SELECT count(*) FROM events WHERE tenant = %s AND {_WORD}", key, prepare=False)

    def actions(self) -> Rows:
        return self._counts("action", "true")

    def hours(self) -> Rows:
        return self._counts(_HOUR, "true")

    def actions_by_outcome(self, key: str) -> Rows:
        return self._counts("action", "outcome = %s", key)

    def hours_by_outcome(self, key: str) -> Rows:
        return self._counts(_HOUR, "outcome = %s", key)

    def _counts(self, group: str, condition: str, *values: object) -> Rows:
        return self._rows(f"SELECT {group}, count(*) FROM events WHERE tenant = %s AND {condition} GROUP BY 1", *values)

    def _page(self, condition: str, *values: object, prepare: bool | None = None) -> Rows:
        sql = f"SELECT document::text FROM events WHERE tenant = %s AND {condition} {_NEWEST_FIRST}"
        return self._rows(sql, *values, prepare=prepare)

    def _rows(self, sql: str, *values: object, prepare: bool | None = None) -> Rows:
        # The texts above are constants; values are never inserted into them.
        return self._connection.execute(sql.encode(), (self._tenant, *values), prepare=prepare).fetchall()


def measure(work: Path, corpus: Path, questions: Questions) -> Measured:
    """Loads the corpus into a new cluster and runs all queries."""
    cluster = Cluster(work / "postgresql")
    try:
        cluster.create()
        measured = Measured(
            name="PostgreSQL",
            version=cluster.version,
            durability="synchronous_commit=on, fsync=on: acknowledged after the write-ahead log is synced",
            differences=[
                "refuses a second event with the same id, but does not answer with the first receipt",
                "no tamper evidence; the owner of the table can change a row",
                "the client sends COPY text that was prepared before the measurement, not JSON over HTTP",
            ],
        )
        prepared = PreparedBatches(corpus, work / "copy.txt")
        _load(cluster, prepared, questions, measured)
        _ask(cluster, questions, measured)
        return measured
    finally:
        cluster.remove()
        (work / "copy.txt").unlink(missing_ok=True)


def _address(cluster: Cluster) -> str:
    return f"host={cluster.sockets} user=bench dbname=postgres"


def _load(cluster: Cluster, prepared: PreparedBatches, questions: Questions, measured: Measured) -> None:
    process = cluster.start()
    with psycopg.connect(_address(cluster), autocommit=True) as connection:
        connection.execute(SCHEMA)
        began = time.perf_counter()
        with processes.Watch(process) as watch:
            latencies = load(_address(cluster), prepared)
            acknowledged = time.perf_counter() - began
            connection.execute("VACUUM (ANALYZE) events")
            connection.execute("CHECKPOINT")
            settled = time.perf_counter() - began
        size = connection.execute("SELECT pg_total_relation_size('events')").fetchone()
    events = questions.all_events
    measured.add("durable ingest, batches of 500", **{"events/s": events / acknowledged})
    measured.add("the same until nothing is left", **{"events/s": events / settled})
    add_latencies(measured, "acknowledge of these batches", latencies)
    measured.add("server CPU per million events", s=watch.processor_seconds * 1_000_000 / events)
    measured.add("cores that others kept busy", cores=watch.cores_of_others)
    measured.add("stored bytes per event", B=(size[0] if size else 0) / events)
    measured.add("resident memory, highest while loaded", MiB=watch.mebibytes)
    cluster.stop()


def _ask(cluster: Cluster, questions: Questions, measured: Measured) -> None:
    began = time.perf_counter()
    process = cluster.start()
    engine = PostgreSql(_address(cluster), questions.tenant)
    measured.add("start, loaded", ms=(time.perf_counter() - began) * 1_000)
    asking.measure(engine, questions, measured)
    measured.add("resident memory, after the queries", MiB=processes.resident_mebibytes(process))
    engine.close()
