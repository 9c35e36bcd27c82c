"""A retraining run: resumable after any kill, idempotent, alone; and a failure leaves the champion alone."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from learning.retraining.run import Facts, RunResult, Step, StepResult, run, run_lock
from learning.retraining.run_journal import NAME
from streams.errors import Damaged, Misconfigured, Outage

NAMES = ("labels", "dataset", "train", "gates", "promote")


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Loop:
    """Steps that count how often each was done; what they make is kept as in a real loop, on disk."""

    folder: Path
    made: dict[str, int] = field(default_factory=dict)
    champion: str = "old"
    day: str = "monday"
    refused: bool = False
    kill: tuple[str, str] = ("", "")
    outage: str = ""

    def steps(self) -> list[Step]:
        return [
            Step(name, self._doing(name), self._inputs(name), lambda facts: Path(facts["file"]).exists())
            for name in NAMES
        ]

    def run(self) -> RunResult:
        return run(self.steps(), self.folder)

    def _inputs(self, name: str):  # type: ignore[no-untyped-def]
        return {"labels": lambda: self.day, "gates": lambda: self.champion}.get(name, lambda: None)

    def _doing(self, name: str):  # type: ignore[no-untyped-def]
        def do(before: Mapping[str, Facts]) -> StepResult:
            assert list(before) == list(NAMES[: NAMES.index(name)])
            self._dies(name, "before")
            if self.outage == name:
                raise Outage(f"Kafka is gone in {name}")
            file = self.folder / f"{name}.out"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(name)
            self.made[name] = self.made.get(name, 0) + 1
            if name == "promote":
                self.champion = "new"
            self._dies(name, "after")
            held = "refused: worse" if name == "gates" and self.refused else ""
            return StepResult(f"{name} done", {"file": str(file), "day": self.day}, held)

        return do

    def _dies(self, name: str, when: str) -> None:
        if self.kill == (name, when):
            self.kill = ("", "")
            raise Killed


@pytest.fixture
def loop(tmp_path: Path) -> Loop:
    return Loop(tmp_path / "live-20260101")


def test_all_steps_are_done_in_order_and_written_down(loop: Loop) -> None:
    ran = loop.run()
    assert [step.name for step in ran.steps] == list(NAMES)
    assert (ran.held, ran.failed, loop.champion) == ("", None, "new")
    written = json.loads((loop.folder / NAME).read_text())
    assert [step["words"] for step in written["steps"]] == [f"{name} done" for name in NAMES]
    assert written["run"] == "live-20260101"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", NAMES)
def test_a_killed_run_goes_on_where_it_was(loop: Loop, name: str, when: str) -> None:
    """The step that died is done again; those before it are not."""
    loop.kill = (name, when)
    with pytest.raises(Killed):
        loop.run()
    done_before = NAMES[: NAMES.index(name)]
    assert loop.made == dict.fromkeys(done_before, 1) | ({name: 1} if when == "after" else {})
    ran = loop.run()
    # A promotion that was not written down changed the champion: the gates are asked about that one.
    again = {"promote": "gates"}.get(name) if when == "after" else None
    assert ran.earlier == set(done_before) - {again}
    assert loop.made == dict.fromkeys(NAMES, 1) | ({name: 2} if when == "after" else {}) | (
        {again: 2} if again else {}
    )
    assert loop.champion == "new"


def test_a_run_that_is_done_is_not_done_again(loop: Loop) -> None:
    loop.run()
    loop.champion = "old"
    ran = loop.run()
    assert ran.earlier == set(NAMES)
    assert loop.made == dict.fromkeys(NAMES, 1)


def test_other_inputs_are_other_work(loop: Loop) -> None:
    """The labels of another day: everything behind them is done anew."""
    loop.run()
    loop.day, loop.champion = "tuesday", "old"
    assert loop.run().earlier == frozenset()
    assert loop.made == dict.fromkeys(NAMES, 2)


def test_the_gates_are_asked_again_where_another_champion_is_live(loop: Loop) -> None:
    loop.refused = True
    assert loop.run().held == "refused: worse"
    loop.champion, loop.refused = "third", False
    ran = loop.run()
    assert ran.earlier == {"labels", "dataset", "train"}
    assert loop.champion == "new"


def test_what_a_step_made_and_is_gone_is_made_again(loop: Loop) -> None:
    loop.run()
    (loop.folder / "dataset.out").unlink()
    loop.champion = "old"
    loop.run()
    assert loop.made["dataset"] == 2
    assert loop.made["labels"] == loop.made["train"] == 1


def test_a_refusal_ends_the_run_and_is_remembered(loop: Loop) -> None:
    loop.refused = True
    for _ in range(2):
        ran = loop.run()
        assert (ran.held, ran.failed) == ("refused: worse", None)
    assert loop.made == dict.fromkeys(NAMES[:4], 1)
    assert loop.champion == "old"


@pytest.mark.parametrize("name", NAMES)
def test_a_failed_step_leaves_the_champion_and_says_why(loop: Loop, name: str, caplog) -> None:  # type: ignore[no-untyped-def]
    loop.outage = name
    ran = loop.run()
    assert ran.failed is not None
    assert (ran.failed.step, ran.failed.words) == (name, f"Kafka is gone in {name}")
    assert loop.champion == "old"
    assert f"failed at `{name}`; the champion stays: Kafka is gone" in caplog.text
    assert json.loads((loop.folder / NAME).read_text())["failure"]["step"] == name
    loop.outage = ""
    assert loop.run().failed is None
    assert loop.made == dict.fromkeys(NAMES, 1)
    assert json.loads((loop.folder / NAME).read_text())["failure"] is None


def test_a_bug_is_not_taken_for_a_failure(loop: Loop) -> None:
    def bug(_: Mapping[str, Facts]) -> StepResult:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        run([Step("labels", bug)], loop.folder)


def test_told_to_stop_it_ends_between_steps(loop: Loop) -> None:
    asked = iter([False, False, True])
    ran = run(loop.steps(), loop.folder, is_stopping=lambda: next(asked))
    assert "stopped on request" in ran.held
    assert loop.made == {"labels": 1, "dataset": 1}
    assert loop.run().earlier == {"labels", "dataset"}


def test_a_torn_journal_is_said_and_not_guessed(loop: Loop) -> None:
    loop.run()
    path = loop.folder / NAME
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(Damaged, match=r"run\.json cannot be read"):
        loop.run()


HOLDER = """
import sys, pathlib
from learning.retraining.run import run_lock
with run_lock(pathlib.Path(sys.argv[1]), "live"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_runs_at_once_are_refused_and_a_dead_one_leaves_no_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Misconfigured, match="is retraining engine live"):
            run_lock(tmp_path, "live").__enter__()
        with run_lock(tmp_path, "other"):
            pass
        holder.kill()
        holder.wait()
    with run_lock(tmp_path, "live"):
        pass
