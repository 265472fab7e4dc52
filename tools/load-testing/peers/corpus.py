"""Owns the corpus as columns: reads the output of `hammer corpus`, in the batches and the order of hammer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

BATCH = 500


class Row(NamedTuple):
    """One event: its document as sent, and the columns that are queried."""

    tenant: str
    id: str
    occurred_at: str
    action: str
    outcome: str
    outcome_code: str | None
    actor: str
    principal: str | None
    target: str
    request_id: str
    text: str
    document: str


@dataclass(frozen=True)
class Questions:
    """The queries and the expected answers, as written by `hammer corpus --questions`."""

    tenant: str
    all_events: int
    events: int
    ids: list[str]
    request_ids: list[str]
    actors: list[tuple[str, int]]
    targets: list[tuple[str, int]]
    rare_tokens: list[tuple[str, int]]
    common_token: str
    common_token_events: int
    denied_events: int
    rare_code: str
    rare_code_events: int
    actions: dict[str, int]
    hours: dict[int, int]
    denied_actions: dict[str, int]
    denied_hours: dict[int, int]

    @staticmethod
    def read(path: Path) -> Questions:
        """Reads the file."""
        found: dict[str, Any] = json.loads(path.read_text())
        del found["seed"], found["newest"]
        for name in ("actors", "targets", "rare_tokens"):
            found[name] = [(key, events) for key, events in found[name]]
        for name in ("hours", "denied_hours"):
            found[name] = {int(hour): events for hour, events in found[name].items()}
        return Questions(**found)


def batches(path: Path) -> Iterator[list[Row]]:
    """The events in batches of 500; all of a batch belong to one tenant."""
    with path.open(encoding="utf-8") as lines:
        while batch := [row(line) for line in islice(lines, BATCH)]:
            yield batch


def row(line: str) -> Row:
    """The columns of one line."""
    envelope: dict[str, Any] = json.loads(line)
    event: dict[str, Any] = envelope["event"]
    outcome: dict[str, str] = event.get("outcome", {})
    actor: str = event["actor"]["id"]
    principals = [person["id"] for person in event.get("on_behalf_of", []) if person["id"] != actor]
    return Row(
        tenant=envelope["tenant"],
        id=event["id"],
        occurred_at=event["occurred_at"],
        action=event["action"],
        outcome=outcome.get("status", "success"),
        outcome_code=outcome.get("code"),
        actor=actor,
        principal=principals[0] if principals else None,
        target=event["targets"][0]["id"],
        request_id=event["context"]["request_id"],
        text="\n".join(_texts(event)),
        # The document is the text between the envelope's two members and its end.
        document=line[line.index('"event":') + len('"event":') : line.rindex("}")],
    )


def _texts(event: dict[str, Any]) -> list[str]:
    """The texts in which the audit log searches words, so that every engine answers the same query."""
    found: list[Any] = [event.get("message"), event["actor"].get("name")]
    found += [person.get("name") for person in event.get("on_behalf_of", [])]
    found += [target.get("name") for target in event["targets"]]
    for change in event.get("changes", []):
        found += [change.get("path"), change.get("old"), change.get("new")]
    found += event.get("metadata", {}).values()
    return [text for text in found if isinstance(text, str)]
