"""Owns a PostgreSQL cluster for the measurement: the place of its programs, its settings, its start and its stop."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

# Settings for an audit log: no acknowledged event may be lost, and everything else is made fast. Sizes that depend on
# the machine are added below.
_SETTINGS = {
    "listen_addresses": "''",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "lz4",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_buffers": "64MB",
    "max_wal_size": "8GB",
    "min_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "default_toast_compression": "lz4",
    "maintenance_work_mem": "256MB",
    "work_mem": "64MB",
    "gin_pending_list_limit": "16MB",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class Unavailable(Exception):
    """Why an engine cannot be measured here."""


class Cluster:
    """A cluster in its own directory, reached over a local socket."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data"
        self._programs = _programs()
        # The path of a socket has at most 107 bytes, and a directory below a build may be longer.
        self.sockets = Path(tempfile.mkdtemp(prefix="peers-"))
        self.version = self._run("postgres", "--version")

    def create(self) -> None:
        """Creates the cluster and its configuration."""
        self.directory.mkdir(parents=True)
        user = _user()
        for directory in (self.directory, self.sockets):
            if user is not None:
                os.chown(directory, user.pw_uid, user.pw_gid)
            directory.chmod(0o700)
        if user is not None and subprocess.run([*_as_user(), "test", "-w", self.directory], check=False).returncode:
            raise Unavailable(f"the user postgres, which it must run as, cannot get to {self.directory}")
        self._run("initdb", "--pgdata", self.data, "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=bench")
        memory_mebibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        settings = {
            **_SETTINGS,
            "unix_socket_directories": f"'{self.sockets}'",
            "shared_buffers": f"{min(memory_mebibytes // 4, 2_048)}MB",
            "effective_cache_size": f"{memory_mebibytes // 2}MB",
        }
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def start(self) -> int:
        """Starts it and returns the id of its main process."""
        log = self.directory / "log"
        self._run("pg_ctl", "--pgdata", self.data, "--log", log, "--wait", "--silent", "start")
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def stop(self) -> None:
        """Stops it, if it runs."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "--pgdata", self.data, "--mode=fast", "--wait", "--silent", "stop")

    def remove(self) -> None:
        """Stops it and removes its files."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _run(self, program: str, *arguments: object) -> str:
        command = [*_as_user(), str(self._programs / program), *map(str, arguments)]
        # The server inherits the descriptors of pg_ctl, so a pipe would stay open as long as it runs.
        with tempfile.TemporaryFile("w+") as output:
            ended = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd="/", check=False)
            output.seek(0)
            text = output.read().strip()
        if ended.returncode:
            raise Unavailable(f"{' '.join(command)}: {text}")
        return text


def _programs() -> Path:
    """The directory of the newest version's programs; Debian keeps it off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise Unavailable("PostgreSQL is not installed (apt-get install postgresql)")
    return Path(on_path).resolve().parent


def _user() -> pwd.struct_passwd | None:
    """The user to run as instead of root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise Unavailable("PostgreSQL does not run as root and there is no user postgres") from None


def _as_user() -> list[str]:
    user = _user()
    if user is None:
        return []
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
