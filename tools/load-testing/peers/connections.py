"""Owns how work is done over several connections at once. Knows no engine."""

from __future__ import annotations

import threading
from collections.abc import Callable


def work_on_each(connections: int, work: Callable[[], None]) -> None:
    """Does the work on so many threads at once and waits for all; the first failure of any is raised."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=guarded) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
