"""Owns how work is spread over several concurrent connections. Knows no engine."""

from __future__ import annotations

import threading
from collections.abc import Callable


def work_on_each(connections: int, work: Callable[[], None]) -> None:
    """Runs the work on this many threads and waits for all; raises the first failure of any."""
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
