"""Owns the measurement of queries: the same queries for every engine, one after the other, every answer checked."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from peers.corpus import Questions
from peers.figures import Measured, add_latencies

PAGE = 50
_REPEATS = 200
# Aggregations that take seconds are repeated less often; this many suffice for a p99 that is the slowest of them.
_REPEATS_OF_AGGREGATIONS = 20
_PATIENCE_SECONDS = 60.0

Rows = list[tuple[Any, ...]]


class Engine(Protocol):
    """The queries of every engine. Pages hold documents, newest first; aggregations hold pairs of value and count."""

    def by_id(self, key: str) -> Rows:
        """The event with this id."""
        ...

    def by_request_id(self, key: str) -> Rows:
        """The newest events with this request id."""
        ...

    def by_actor(self, key: str) -> Rows:
        """The newest events of this actor, or on its behalf."""
        ...

    def by_target(self, key: str) -> Rows:
        """The newest events with this target."""
        ...

    def newest(self) -> Rows:
        """The newest events."""
        ...

    def by_outcome(self, key: str) -> Rows:
        """The newest events with this outcome."""
        ...

    def by_code(self, key: str) -> Rows:
        """The newest events with this failure code."""
        ...

    def place_of(self, rank: int) -> tuple[Any, ...]:
        """The position of the event with this rank, newest first, from 1; not measured."""
        ...

    def behind(self, place: tuple[Any, ...]) -> Rows:
        """The events after that position."""
        ...

    def by_token(self, key: str) -> Rows:
        """The newest events with this word."""
        ...

    def count_token(self, key: str) -> Rows:
        """The number of events with this word."""
        ...

    def actions(self) -> Rows:
        """The number of events of each action."""
        ...

    def hours(self) -> Rows:
        """The number of events of each hour, by its start in seconds since 1970."""
        ...

    def actions_by_outcome(self, key: str) -> Rows:
        """The number of events with this outcome of each action."""
        ...

    def hours_by_outcome(self, key: str) -> Rows:
        """The number of events with this outcome of each hour."""
        ...


@dataclass
class _Asked:
    """One query: how to run it, and whether the answer is right."""

    ask: Callable[[], Rows]
    right: Callable[[Rows], bool]


def measure(engine: Engine, questions: Questions, measured: Measured) -> None:
    """Runs all queries and records p50 and p99 of each kind."""

    def needles(ask: Callable[[str], Rows], keys: Iterable[tuple[str, int]]) -> list[_Asked]:
        return [
            _Asked(lambda key=key: ask(key), lambda rows, events=events: len(rows) == min(events, PAGE))
            for key, events in keys
        ]

    def page(ask: Callable[[], Rows], events: int) -> list[_Asked]:
        return [_Asked(ask, lambda rows: len(rows) == min(events, PAGE))] * _REPEATS

    def pairs(ask: Callable[[], Rows], expected: dict[Any, int]) -> list[_Asked]:
        return [_Asked(ask, lambda rows: dict(rows) == expected)] * _REPEATS_OF_AGGREGATIONS

    rank = min(questions.events - PAGE, 100_000)
    place = engine.place_of(rank)
    token = questions.common_token
    counted: Callable[[Rows], bool] = lambda rows: rows == [(questions.common_token_events,)]  # noqa: E731
    asked = {
        "needle: event id": needles(engine.by_id, [(key, 1) for key in questions.ids]),
        "needle: request id": needles(engine.by_request_id, [(key, 1) for key in questions.request_ids]),
        "needle: actor": needles(engine.by_actor, questions.actors),
        "needle: target": needles(engine.by_target, questions.targets),
        "newest 50, unfiltered": page(engine.newest, questions.events),
        "newest 50, matching 3 %": page(lambda: engine.by_outcome("denied"), questions.denied_events),
        "page of 50 at rank 100,000": page(lambda: engine.behind(place), PAGE),
        "newest 50, matching 1 in 10,000": page(
            lambda: engine.by_code(questions.rare_code), questions.rare_code_events
        ),
        "free text: token in": needles(engine.by_token, questions.rare_tokens),
        "free text: common token, newest 50": page(lambda: engine.by_token(token), questions.common_token_events),
        "free text: common token, count": [_Asked(lambda: engine.count_token(token), counted)]
        * _REPEATS_OF_AGGREGATIONS,
        "terms by action, again": pairs(engine.actions, questions.actions),
        "hourly histogram, again": pairs(engine.hours, questions.hours),
        "terms by action, matching 3 %, again": pairs(
            lambda: engine.actions_by_outcome("denied"), questions.denied_actions
        ),
        "hourly histogram, matching 3 %, again": pairs(
            lambda: engine.hours_by_outcome("denied"), questions.denied_hours
        ),
    }
    for row, kind in asked.items():
        _measure_kind(row, kind, measured)


def _measure_kind(row: str, kind: list[_Asked], measured: Measured) -> None:
    seconds: list[float] = []
    began = time.monotonic()
    for question in kind:
        asked = time.perf_counter()
        rows = question.ask()
        seconds.append(time.perf_counter() - asked)
        if not question.right(rows):
            measured.wrong_answers.append(f"{row}: {len(rows)} rows, such as {rows[:1]!r}"[:300])
        # A slow engine must not delay the others; the row shows the number of repetitions.
        if time.monotonic() - began > _PATIENCE_SECONDS:
            break
    add_latencies(measured, row, seconds)
    found = measured.rows[row]
    found["queries"] = float(len(seconds))
    figures = f"p50 {found['p50 ms']:.2f} ms, p99 {found['p99 ms']:.2f} ms"
    print(f"{measured.name}: {row}: {figures} ({len(seconds)} queries)", file=sys.stderr)
