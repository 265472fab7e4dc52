"""Owns the description of the machine on which figures were measured, in hammer's form."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path


def look(work: Path) -> dict[str, str | int]:
    """Cores, memory, kernel, and the disk of a directory."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    disk = subprocess.run(["df", "--output=source,fstype", work], capture_output=True, text=True, check=False)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": models[0].partition(":")[2].strip() if models else platform.machine(),
        "memory_gib": -(-os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // (1 << 30)),
        "kernel": platform.release(),
        "disk": " ".join(disk.stdout.splitlines()[-1].split()) if disk.stdout else "",
    }


def sentence(found: dict[str, str | int]) -> str:
    """The same for people."""
    size = f"{found['cores']} cores ({found['processor']}), {found['memory_gib']} GiB"
    return f"{size}, Linux {found['kernel']}, disk {found['disk']}"
