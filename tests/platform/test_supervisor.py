"""The supervisor with stand-in processes: order, restarts, giving up, clean stops, leftovers."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from streams.errors import Damaged, Misconfigured, Outage
from streams.platform.processes import status_file
from streams.platform.processes.heard_signals import ENDING
from streams.platform.processes.process_file import ProcessFile
from streams.platform.processes.process_spec import ProcessSpec
from streams.platform.processes.status_file import ProcessState
from streams.platform.processes.supervised import (
    CRASHES_BEFORE_FIRST_READY_MAX,
    PAUSE_MAX_S,
    GivenUp,
    ProcessFolders,
    SupervisedProcess,
)
from streams.platform.processes.supervisor import Supervisor

PATIENCE_S = 20.0
# Says in a file that it stops, when told to.
OBEDIENT = """
import signal, sys, pathlib
def stop(*_):
    with open({trace!r}, "a") as trace: trace.write({name!r} + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
pathlib.Path({ready!r}).touch()
while True: signal.pause()
"""
STUBBORN = (
    "import signal, pathlib\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\npathlib.Path({ready!r}).touch()\n"
)
STUBBORN += "while True: signal.pause()"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def until(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    """Waits, bounded, for what another process does."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        os.sched_yield()


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def place(tmp_path: Path) -> ProcessFolders:
    return ProcessFolders(tmp_path / "run", tmp_path / "logs")


@pytest.fixture
def obedient(tmp_path: Path) -> Callable[..., ProcessSpec]:
    def make(name: str, needs: tuple[str, ...] = (), code: str = OBEDIENT) -> ProcessSpec:
        ready = tmp_path / f"{name}.ready"
        text = code.format(trace=str(tmp_path / "trace"), name=name, ready=str(ready))
        return ProcessSpec(
            name, lambda: python(text), ready=lambda _: ready.exists(), needs=needs, stop_timeout_s=5.0
        )

    return make


def crashing(code: int = 3) -> ProcessSpec:
    return ProcessSpec("crashing", lambda: python(f"print('last words'); raise SystemExit({code})"))


def wait_ended(child: SupervisedProcess) -> None:
    until(
        lambda: child.status.pid is None or psutil.Process(child.status.pid).status() == psutil.STATUS_ZOMBIE
    )


class TestOneProcess:
    def test_pause_grows_with_every_crash_up_to_a_bound(self, place: ProcessFolders, said: list[str]) -> None:
        child = SupervisedProcess(crashing(), place, said.append)
        child._was_ready = True  # it had come up before: never given up
        now, pauses = 0.0, []
        for _ in range(9):
            child.tick(now, needs_ready=True)
            wait_ended(child)
            child.tick(now, needs_ready=True)
            pauses.append(child._due - now)
            child.tick(child._due - 0.01, needs_ready=True)
            assert child.status.pid is None
            now = child._due
        assert pauses == [0.5, 1, 2, 4, 8, 16, PAUSE_MAX_S, PAUSE_MAX_S, PAUSE_MAX_S]
        assert child.status.restarts == 9
        assert "last words" in said[0]
        assert "exit code 3" in said[0]

    def test_process_that_never_comes_up_is_given_up(self, place: ProcessFolders, said: list[str]) -> None:
        spec = ProcessSpec("crashing", crashing().command, ready=lambda _: False)
        child = SupervisedProcess(spec, place, said.append)
        with pytest.raises(GivenUp, match="crashing did not come up in 4 attempts: ended with exit code 3"):
            self.crash_often(child)

    def crash_often(self, child: SupervisedProcess) -> None:
        now = 0.0
        for _ in range(10):
            child.tick(now, needs_ready=True)
            wait_ended(child)
            child.tick(now, needs_ready=True)
            now = child._due

    def test_outage_while_making_the_command_is_tried_again(
        self, place: ProcessFolders, said: list[str]
    ) -> None:
        tries: list[int] = []

        def command() -> list[str]:
            tries.append(1)
            raise Outage("the jars could not be fetched")

        child = SupervisedProcess(ProcessSpec("kafka", command), place, said.append)
        child.tick(0.0, needs_ready=True)
        child.tick(0.1, needs_ready=True)
        child.tick(1.0, needs_ready=True)
        assert len(tries) == 2
        assert "the jars could not be fetched" in said[0]

    def test_process_that_is_done_is_not_started_again(self, place: ProcessFolders, said: list[str]) -> None:
        child = SupervisedProcess(ProcessSpec("seed", lambda: python("pass"), once=True), place, said.append)
        child.tick(0.0, needs_ready=True)
        wait_ended(child)
        child.tick(1.0, needs_ready=True)
        assert child.status.state == ProcessState.DONE
        child.tick(100.0, needs_ready=True)
        assert child.status.pid is None
        assert child.is_ready

    def test_process_waits_for_what_it_needs(self, place: ProcessFolders, said: list[str]) -> None:
        child = SupervisedProcess(crashing(), place, said.append)
        child.tick(0.0, needs_ready=False)
        assert child.status.state == ProcessState.WAITING

    def test_process_that_does_not_stop_is_killed_and_that_is_said(
        self, place: ProcessFolders, said: list[str], obedient: Callable[..., ProcessSpec], tmp_path: Path
    ) -> None:
        spec = obedient("stubborn", code=STUBBORN)
        child = SupervisedProcess(
            ProcessSpec("stubborn", spec.command, stop_timeout_s=0.2), place, said.append
        )
        child.tick(0.0, needs_ready=True)
        until((tmp_path / "stubborn.ready").exists)
        child.stop()
        assert child.status.exit_code == -signal.SIGKILL
        assert said == ["stubborn did not stop within 0 s and is killed"]

    def test_orphan_of_a_killed_supervisor_is_ended_first(
        self, place: ProcessFolders, said: list[str], obedient: Callable[..., ProcessSpec], tmp_path: Path
    ) -> None:
        earlier = SupervisedProcess(obedient("engine"), place, said.append)
        earlier.tick(0.0, needs_ready=True)
        until((tmp_path / "engine.ready").exists)
        orphan = earlier.status.pid
        SupervisedProcess(obedient("engine"), place, said.append).end_orphan()
        assert (tmp_path / "trace").read_text() == "engine "
        assert f"process {orphan} was left by an earlier supervisor" in said[0]
        earlier.stop()

    def test_a_process_is_asked_to_end_in_its_own_way(self, place: ProcessFolders, said: list[str]) -> None:
        other = ProcessSpec("postgres", lambda: ["sleep", "60"], stop_signal=signal.SIGUSR1)
        child = SupervisedProcess(other, place, said.append)
        child.tick(0.0, needs_ready=True)
        child.stop()
        assert child.status.exit_code == -signal.SIGUSR1

    def test_number_that_went_to_a_stranger_is_left_alone(
        self, place: ProcessFolders, said: list[str]
    ) -> None:
        file = place.run / "processes" / "engine.json"
        file.parent.mkdir(parents=True)
        file.write_text(f'{{"pid": {os.getpid()}, "started": 12345.0}}')
        SupervisedProcess(ProcessSpec("engine", lambda: []), place, said.append).end_orphan()
        assert said == []
        assert not file.exists()


class TestSupervisor:
    @pytest.fixture
    def home(self, tmp_path: Path) -> Path:
        return tmp_path

    def run(
        self, home: Path, specs: list[ProcessSpec], act: Callable[[Supervisor], None]
    ) -> tuple[bool, status_file.PlatformStatus]:
        """Runs a supervisor, `act` in between, and gives what it said last."""
        supervisor, stop, results = Supervisor(home), threading.Event(), []
        supervisor.supervise(specs)
        thread = threading.Thread(target=lambda: results.append(supervisor.run(stop.is_set)))
        thread.start()
        try:
            act(supervisor)
        finally:
            stop.set()
            thread.join(PATIENCE_S)
        status = status_file.read(home / "run" / "status.json")
        assert status is not None
        return results[0], status

    def test_processes_stop_in_the_opposite_order_of_their_start(
        self, home: Path, obedient: Callable[..., ProcessSpec]
    ) -> None:
        specs = [obedient("kafka"), obedient("warehouse", ("kafka",)), obedient("engine", ("warehouse",))]
        ended_well, status = self.run(
            home, specs, lambda one: until(lambda: one.status.state == ProcessState.UP)
        )
        assert ended_well
        assert (home / "trace").read_text().split() == ["engine", "warehouse", "kafka"]
        assert status.state == ProcessState.DOWN
        assert [one.state for one in status.processes] == [ProcessState.DOWN] * 3

    def test_killed_process_comes_back(self, home: Path, obedient: Callable[..., ProcessSpec]) -> None:
        def kill_and_wait(supervisor: Supervisor) -> None:
            until(lambda: supervisor.status.state == ProcessState.UP)
            engine = supervisor.status.processes[0]
            os.kill(engine.pid or 0, signal.SIGKILL)
            until(lambda: engine.restarts == 1 and engine.state == ProcessState.UP)

        _, status = self.run(home, [obedient("engine")], kill_and_wait)
        assert status.processes[0].restarts == 1
        assert "ended with signal 9" in status.messages[0]

    def test_what_no_new_try_mends_stops_everything_and_says_why(
        self, home: Path, obedient: Callable[..., ProcessSpec]
    ) -> None:
        def damaged() -> list[str]:
            raise Damaged("the folder holds records without identity")

        specs = [obedient("warehouse"), ProcessSpec("kafka", damaged, needs=("warehouse",))]
        failed = lambda one: until(lambda: one.status.state == ProcessState.FAILED)  # noqa: E731
        ended_well, status = self.run(home, specs, failed)
        assert not ended_well
        assert status.state == ProcessState.FAILED
        assert status.messages[-1] == "the folder holds records without identity"
        assert (home / "trace").read_text() == "warehouse "

    def test_what_payments_do_not_need_holds_nothing_up(
        self, home: Path, obedient: Callable[..., ProcessSpec]
    ) -> None:
        """It never comes up, and is tried again; what needs it waits; everything else is up."""
        never = ProcessSpec("postgres", crashing().command, ready=lambda _: False, essential=False)
        waits = ProcessSpec("console", lambda: [], needs=("postgres",), essential=False)

        def wait(supervisor: Supervisor) -> None:
            until(lambda: supervisor.status.state == ProcessState.UP)
            postgres, console = supervisor.status.processes[1:]
            until(lambda: postgres.restarts >= CRASHES_BEFORE_FIRST_READY_MAX)
            assert console.state == ProcessState.WAITING
            assert supervisor.status.state == ProcessState.UP

        ended_well, _ = self.run(home, [obedient("engine"), never, waits], wait)
        assert ended_well
        assert (home / "trace").read_text() == "engine "

    def test_what_payments_do_not_need_and_no_try_mends_is_told_and_left_out(
        self, home: Path, obedient: Callable[..., ProcessSpec]
    ) -> None:
        def damaged() -> list[str]:
            raise Damaged("the folder is no database")

        specs = [obedient("engine"), ProcessSpec("postgres", damaged, essential=False)]
        ended_well, status = self.run(
            home, specs, lambda one: until(lambda: one.status.state == ProcessState.UP)
        )
        assert ended_well
        assert "postgres: the folder is no database" in status.messages[0]
        assert "goes on without it" in status.messages[0]

    def test_what_payments_do_not_need_is_waited_for_at_its_first_start(
        self, home: Path, obedient: Callable[..., ProcessSpec]
    ) -> None:
        postgres = replace(obedient("postgres"), essential=False)
        console = replace(obedient("console", ("postgres",)), essential=False)

        def wait(supervisor: Supervisor) -> None:
            until(lambda: supervisor.status.state == ProcessState.UP)
            assert [one.state for one in supervisor.status.processes] == [ProcessState.UP] * 2

        self.run(home, [postgres, console], wait)

    def test_second_supervisor_of_a_home_is_refused(
        self, home: Path, obedient: Callable[..., ProcessSpec]
    ) -> None:
        def start_another(supervisor: Supervisor) -> None:
            until(lambda: supervisor.status.state == ProcessState.UP)
            with pytest.raises(Misconfigured, match="another supervisor"):
                Supervisor(home).run(lambda: True)
            assert ProcessFile(home / "run" / "supervisor.json").process() is not None

        ended_well, _ = self.run(home, [obedient("engine")], start_another)
        assert ended_well


@pytest.fixture
def deaf() -> Iterator[None]:
    """This process ignores what ends others, as under `nohup` or in a shell without job control."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("number", ENDING)
def test_a_process_ends_by_its_signal_though_its_supervisor_ignores_it(
    place: ProcessFolders,
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    ready, said = tmp_path / "ready", list[str]()
    code = f"import pathlib, signal\npathlib.Path({str(ready)!r}).touch()\nsignal.pause()"
    spec = ProcessSpec(
        "listening",
        lambda: python(code),
        ready=lambda _: ready.exists(),
        stop_signal=number,
        stop_timeout_s=5,
    )
    child = SupervisedProcess(spec, place, said.append)
    child.tick(0.0, needs_ready=True)
    until(ready.exists)
    child.stop()
    assert (child.status.exit_code, said) == (-number, [])
    assert signal.getsignal(number) is signal.SIG_IGN, "we ignore it as before"
