"""One process under supervision: started when what it needs is ready, started again when it ends.

Invariant: at most one process of a name lives. The one before is reaped or, when another supervisor left it,
ended, before a new one is started. A pause grows with every crash in a row, up to PAUSE_MAX_S.
"""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streams.errors import Outage, TollgateError
from streams.platform.processes.bounded_log import bound, last_lines, open_log
from streams.platform.processes.heard_signals import heard_by_children
from streams.platform.processes.process_file import ProcessFile, end
from streams.platform.processes.process_spec import ProcessSpec
from streams.platform.processes.status_file import ProcessState, ProcessStatus

PAUSE_MIN_S = 0.5
PAUSE_MAX_S = 30.0
STEADY_S = 60.0
CRASHES_BEFORE_FIRST_READY_MAX = 4
KILL_TIMEOUT_S = 10.0
ENDED = (ProcessState.DONE, ProcessState.FAILED)


class GivenUp(Exception):  # noqa: N818
    """The process never became ready; the message holds the reason."""


@dataclass(frozen=True)
class ProcessFolders:
    """Where processes leave their files."""

    run: Path
    logs: Path


class SupervisedProcess:
    """Holds one process to its spec. `tick` moves on; times are seconds of a monotonic clock."""

    def __init__(self, spec: ProcessSpec, place: ProcessFolders, say: Callable[[str], None]) -> None:
        self.spec = spec
        self._say = say
        self._log = place.logs / f"{spec.name}.log"
        self._file = ProcessFile(place.run / "processes" / f"{spec.name}.json")
        self._child: subprocess.Popen[bytes] | None = None
        self._crashes = 0
        self._was_ready = False
        self._since = 0.0
        self._due = 0.0
        self.status = ProcessStatus(spec.name, ProcessState.WAITING, str(self._log))

    @property
    def is_ready(self) -> bool:
        return self.status.state in (ProcessState.UP, ProcessState.DONE)

    def delays(self, needs_ready: bool) -> bool:
        """Whether the platform is not up yet because of this one: one that is not essential may come up in
        its first try, and is not waited for after that."""
        if self.spec.essential:
            return not self.is_ready
        state = self.status.state
        first = state == ProcessState.STARTING or (state == ProcessState.WAITING and needs_ready)
        return first and self._crashes == 0

    def end_orphan(self) -> None:
        """Ends the process that a killed supervisor left behind."""
        orphan = self._file.process()
        if orphan is not None:
            self._say(f"{self.spec.name}: process {orphan.pid} was left by an earlier supervisor: ending it")
            end(orphan, self.spec.stop_timeout_s, self.spec.stop_signal)
        self._file.remove()

    def tick(self, now: float, needs_ready: bool) -> None:
        """Looks at the process and does what is due. Raises GivenUp, or a non-retryable TollgateError,
        of one that is essential; one that is not says so and is down.
        """
        if self._child is not None:
            code = self._child.poll()
            if code is not None:
                self._ended(now, code)
            elif self.status.state == ProcessState.STARTING and self._is_now_ready(self._child.pid):
                self.status.state, self._since, self._was_ready = ProcessState.UP, now, True
            elif self.status.state == ProcessState.UP and now - self._since > STEADY_S:
                self._crashes = 0
        elif self.status.state not in ENDED and needs_ready and now >= self._due:
            self._start(now)

    def bound_log(self) -> None:
        bound(self._log)

    def stop(self, report: Callable[[], None] = lambda: None) -> None:
        """SIGTERM, then SIGKILL when it takes longer than its spec allows; `report` is called in between."""
        child, self._child = self._child, None
        if child is not None:
            self.status.state = ProcessState.STOPPING
            child.send_signal(self.spec.stop_signal)
            report()
            self._wait_or_kill(child)
            self.status.exit_code = child.returncode
        self.status.state, self.status.pid = ProcessState.DOWN, None
        self._file.remove()
        self.spec.stopped()

    def _wait_or_kill(self, child: subprocess.Popen[bytes]) -> None:
        try:
            child.wait(self.spec.stop_timeout_s)
        except subprocess.TimeoutExpired:
            self._say(f"{self.spec.name} did not stop within {self.spec.stop_timeout_s:.0f} s and is killed")
            child.kill()
            child.wait(KILL_TIMEOUT_S)

    def _start(self, now: float) -> None:
        try:
            command = self.spec.command()
        except Outage as failure:
            self._crashed(now, str(failure))
            return
        except TollgateError as failure:
            if self.spec.essential:
                raise
            self.status.state = ProcessState.FAILED
            self._say(f"{self.spec.name}: {failure}\nTollgate goes on without it until it is started again")
            return
        with open_log(self._log) as log, heard_by_children():
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.spec.folder,
                env=None if self.spec.environment is None else dict(self.spec.environment),
                start_new_session=True,  # Ctrl-C reaches the supervisor, which stops us in order
            )
        self._record(self._child.pid)
        self.status.state, self.status.exit_code, self._since = ProcessState.STARTING, None, now

    def _record(self, pid: int) -> None:
        import psutil

        self.status.pid, self.status.started_at = pid, time.time()
        try:
            self._file.write(pid, stop_signal=self.spec.stop_signal.name)
            self.spec.started(pid)
        except psutil.NoSuchProcess:
            return  # ended already: the next tick handles it

    def _is_now_ready(self, pid: int) -> bool:
        return not self.spec.once and self.spec.ready(pid)

    def _ended(self, now: float, code: int) -> None:
        self._child, self.status.pid, self.status.exit_code = None, None, code
        self._file.remove()
        if self.spec.once and code == 0:
            self.status.state, self._was_ready = ProcessState.DONE, True
        else:
            self._crashed(now, f"ended with {_how(code)}. {self._end_of_log()}")

    def _crashed(self, now: float, reason: str) -> None:
        self._crashes += 1
        self.status.restarts += 1
        self.status.state = ProcessState.CRASHED
        if self.spec.essential and not self._was_ready and self._crashes >= CRASHES_BEFORE_FIRST_READY_MAX:
            raise GivenUp(f"{self.spec.name} did not come up in {self._crashes} attempts: {reason}")
        pause = min(PAUSE_MAX_S, PAUSE_MIN_S * 2 ** (self._crashes - 1))
        self._due = now + pause
        self._say(f"{self.spec.name}: {reason}\nstarting again in {pause:.1f} s")

    def _end_of_log(self) -> str:
        return f"The end of {self._log}:\n{last_lines(self._log, 5)}"


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
