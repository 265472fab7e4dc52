"""Owns PostgreSQL's schema and its loading: COPY in batches of 500, each committed, over 8 connections."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psycopg

from peers import connections
from peers.corpus import Row, batches

CONNECTIONS = 8

SCHEMA = """
CREATE TABLE events (
    tenant text NOT NULL,
    id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    action text NOT NULL,
    outcome text NOT NULL,
    outcome_code text,
    actor text NOT NULL,
    principal text,
    target text NOT NULL,
    request_id uuid NOT NULL,
    text text NOT NULL,
    document jsonb NOT NULL,
    PRIMARY KEY (tenant, id)
);
CREATE INDEX ON events (tenant, request_id);
CREATE INDEX ON events (tenant, actor, occurred_at DESC, id DESC);
CREATE INDEX ON events (tenant, principal, occurred_at DESC, id DESC) WHERE principal IS NOT NULL;
CREATE INDEX ON events (tenant, target, occurred_at DESC, id DESC);
CREATE INDEX ON events (tenant, occurred_at DESC, id DESC);
CREATE INDEX ON events (tenant, outcome_code, occurred_at DESC, id DESC) WHERE outcome_code IS NOT NULL;
CREATE INDEX ON events USING gin (to_tsvector('simple', text));
"""

_COPY = f"COPY events ({', '.join(Row._fields)}) FROM STDIN".encode()


class PreparedBatches:
    """The corpus in COPY's text format in one file, prepared in advance so that no client time is measured."""

    def __init__(self, corpus: Path, file: Path) -> None:
        self._file = file
        self._places: list[tuple[int, int]] = []
        with file.open("wb") as out:
            for batch in batches(corpus):
                text = "".join(map(_line, batch)).encode()
                self._places.append((out.tell(), len(text)))
                out.write(text)
        self._next = iter(self._places)
        self._lock = threading.Lock()

    def next(self) -> bytes | None:
        """Returns the next batch, to any thread."""
        with self._lock:
            place = next(self._next, None)
        if place is None:
            return None
        with self._file.open("rb") as file:
            file.seek(place[0])
            return file.read(place[1])


def _line(row: Row) -> str:
    return "\t".join(map(_value, row)) + "\n"


def _value(value: str | None) -> str:
    if value is None:
        return r"\N"
    return value.replace("\\", "\\\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


def load(address: str, prepared: PreparedBatches) -> list[float]:
    """Loads everything and returns how long each batch took until its commit was answered, in seconds."""
    seconds: list[float] = []

    def work() -> None:
        with psycopg.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
            while (batch := prepared.next()) is not None:
                asked = time.perf_counter()
                with cursor.copy(_COPY) as copy:
                    copy.write(batch)
                seconds.append(time.perf_counter() - asked)

    connections.work_on_each(CONNECTIONS, work)
    return seconds
