"""Owns the kernel's figures about processes: processor time, memory and bytes on disk."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def family(root: int) -> list[int]:
    """A process and its children. PostgreSQL's are all direct ones."""
    try:
        children = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except OSError:
        return []
    return [root, *map(int, children)]


def processor_seconds(root: int) -> float:
    """The processor time of a process and its children, including those that ended and were waited for."""
    ticks = 0
    for process in family(root):
        fields = _stat(process)
        if not fields:
            continue
        ticks += int(fields[11]) + int(fields[12])
        if process == root:
            ticks += int(fields[13]) + int(fields[14])
    return ticks / _TICKS_PER_SECOND


def _stat(process: int) -> list[str]:
    """The fields of /proc/<process>/stat from the third on: the second may hold spaces."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def resident_mebibytes(root: int) -> float:
    """Resident memory of a process and its children, where each shared page counts once."""
    kibibytes = 0
    for process in family(root):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kibibytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kibibytes / 1_024


def allocated_bytes(directory: Path) -> int:
    """The bytes that the file system allocated for everything below a directory."""
    return sum(path.lstat().st_blocks * 512 for path in [directory, *directory.rglob("*")])


def _machine_seconds() -> float:
    """The processor time of the whole machine, without idle and waiting time."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return sum(fields[place] for place in (0, 1, 2, 5, 6, 7)) / _TICKS_PER_SECOND


class Watch:
    """Samples a process and its children. Used with `with`; the figures are available after it."""

    def __init__(self, root: int) -> None:
        self.mebibytes = 0.0
        """Their highest memory, sampled every second."""
        self.processor_seconds = 0.0
        """Their processor time."""
        self.cores_of_others = 0.0
        """How many cores were used by neither them nor this process."""
        self._root = root
        self._began = (0.0, 0.0, 0.0)
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watch:
        self._began = self._look()
        self._watcher.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._watcher.join()
        passed, used, others = (now - then for now, then in zip(self._look(), self._began, strict=True))
        self.processor_seconds = used
        self.cores_of_others = max(0.0, others / passed)

    def _look(self) -> tuple[float, float, float]:
        """The wall time, and the processor time of the watched processes and of others."""
        used = processor_seconds(self._root)
        own = 0.0 if self._root == os.getpid() else time.process_time()
        return time.monotonic(), used, _machine_seconds() - used - own

    def _watch(self) -> None:
        over = False
        while not over:
            # Sampled once more at the end, for work that takes less than a second.
            over = self._over.wait(1.0)
            self.mebibytes = max(self.mebibytes, resident_mebibytes(self._root))
