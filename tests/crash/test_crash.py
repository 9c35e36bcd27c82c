"""The crash test, short form: each process and the broker killed once. Long: `make crash`."""

from pathlib import Path

import pytest

from tests.crash.crash_run import CrashOptions, run
from tests.crash.mayhem import BROKER, COUNTED, ENGINE_SAVING, FOLLOWER_SAVING, plan

pytestmark = pytest.mark.kafka


def test_nothing_is_lost_or_doubled_under_kill_9(tmp_path: Path) -> None:
    findings = run(CrashOptions(tmp_path, payments=4_000, kills=2, seed=3, seconds=12, sample=500), print)
    assert not findings.differences
    figures = findings.figures
    assert figures["decisions"] + figures["dead_letters"] == 4_000
    assert figures["duplicates"] > 0
    assert figures["outcomes"] > 2_600
    assert figures["labels"] > 130
    assert figures["controls_refused"] > 1
    assert figures["controls"] > 14
    assert figures["broker_restarts"] == 1
    assert all(figures["kills"].values()), "engine, warehouse and follower"


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_holds_the_kills_asked_for(seed: int) -> None:
    whats = [blow.what for blow in plan(seed, 22, 160.0)]
    assert sum(COUNTED.get(what, 0) for what in whats) >= 22
    assert sum(COUNTED.get(what, 0) for what in whats if what.startswith("engine")) >= 8
    assert whats.count(BROKER) == 1
    assert FOLLOWER_SAVING in whats
    assert plan(seed, 22, 160.0) == plan(seed, 22, 160.0)
    assert ENGINE_SAVING in {blow.what for s in range(20) for blow in plan(s, 22, 160.0)}
