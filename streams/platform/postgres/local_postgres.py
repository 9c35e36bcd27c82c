"""PostgreSQL of one home as a process: prepared, started, known to be ready, stopped.

Invariant: at most one of a home runs. Its record `HOME/run/postgres.json` holds address and password, and its
owner alone can read it.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import psutil

from streams.errors import Misconfigured, Outage
from streams.platform.postgres import system_user
from streams.platform.postgres.data_folder import DATABASE, ROLE, DataFolder, environment, program
from streams.platform.processes import (
    HOST,
    STOP_TIMEOUT_S,
    LocalServer,
    Ports,
    ProcessFile,
    end,
    heard_by_children,
    last_lines,
    open_log,
)

START_TIMEOUT_S: Final = 120.0
POLL_S: Final = 0.05
SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",  # one way in
    "max_connections": "40",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m %p ",
    "log_statement": "none",  # statements may name people
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "restart_after_crash": "on",
    "idle_in_transaction_session_timeout": "60s",
}


class LocalPostgres(LocalServer):
    """The PostgreSQL of one home. Everything it has to say goes to `say`.

    overrides: settings of PostgreSQL's own, for tests.
    """

    NAME = "PostgreSQL"
    STOP_SIGNAL = signal.SIGINT
    """Ends what clients are doing and writes everything out. At SIGTERM it would wait for them to leave."""

    def __init__(
        self, home: Path, say: Callable[[str], None] = print, overrides: Mapping[str, str] | None = None
    ) -> None:
        self.home = home.absolute()
        self.storage = DataFolder(self.home / "postgres", say)
        super().__init__(ProcessFile(self.home / "run" / "postgres.json", private=True), say)
        self.log = self.home / "logs" / "postgres.log"
        self._settings = SETTINGS | dict(overrides or {})
        self._ports = Ports(self.home / "run" / "ports.json", say)

    @property
    def url(self) -> str:
        """Address with its password, for libpq; known from the first `prepare` or `start` on."""
        port = self._ports.known()["postgres"]
        return f"postgresql://{ROLE}:{self.storage.password}@{HOST}:{port}/{DATABASE}"

    def prepare(self) -> list[str]:
        """Makes, repairs and checks what is needed; the command line.

        Raises Misconfigured when a PostgreSQL of this home lives, Outage or Damaged as `DataFolder.ensure`.
        """
        living = self.process
        if living is not None:
            raise Misconfigured(f"a PostgreSQL of {self.home} is running already (process {living.pid})")
        self.file.remove()
        self.storage.ensure()
        self._end_unrecorded()
        settings = self._settings | {"port": str(self._ports.get("postgres"))}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*system_user.run_as(), program("postgres"), "-D", str(self.storage.data), *options]

    @staticmethod
    def environment() -> dict[str, str]:
        """For its process: ours without what would change it."""
        return environment()

    def record(self, pid: int) -> None:
        """Records where it is and how it is entered, for every process of the home."""
        self.file.write(pid, url=self.url)

    def answers(self, pid: int) -> bool:
        """Whether the process takes connections: it says so in its own file."""
        lines = self._lock_file()
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Starts it and waits until it answers. Raises Outage, with the end of its log."""
        command = self.prepare()
        with open_log(self.log) as log, heard_by_children():
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd="/",
                env=self.environment(), start_new_session=True,
            )  # fmt: skip
        self.record(self._child.pid)
        deadline = time.monotonic() + timeout_s
        while not self.answers(self._child.pid):
            if self._child.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Outage(f"PostgreSQL did not come up. The end of {self.log}:\n{last_lines(self.log)}")
            time.sleep(POLL_S)

    def _end_unrecorded(self) -> None:
        """One that works on this folder though no record names it: somebody emptied `HOME/run`."""
        lines = self._lock_file()
        try:
            process = psutil.Process(int(lines[0]))
            ours = str(self.storage.data) in process.cmdline() and process.create_time() - float(lines[2]) < 2
        except (IndexError, ValueError, psutil.NoSuchProcess):
            return
        if ours:
            self._say(f"postgres: process {process.pid} works on {self.storage.data} unrecorded: ending it")
            end(process, STOP_TIMEOUT_S, self.STOP_SIGNAL)

    def _lock_file(self) -> list[str]:
        """PostgreSQL's own: process, folder, start, port, -, address, shared memory, whether it is ready."""
        try:
            return (self.storage.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
