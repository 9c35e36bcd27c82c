"""Models change under a running engine on a real broker: nothing is lost, and a replay gives the same."""

from pathlib import Path

import msgspec
import pytest

from models.messages.control import ChallengerHalt, TrialBounds
from models.messages.decision import Decision
from models.seed import seed_model_artefact
from models.versions import bytes_version
from streams.control_plane.controls import logged
from streams.control_plane.model_changes import in_force, promote_challenger
from streams.engine.follower import Follower
from streams.engine.process import EngineOptions
from streams.inspect.verify import Verifier, values
from streams.kafka.topics import Topics
from streams.settings import Settings
from tests.engine.engine_on_kafka import decide, send_payments, started, tollgate
from tests.engine.trials import ALIKE, BROKEN, SILENT, silenced

pytestmark = pytest.mark.kafka
decode = msgspec.json.Decoder(Decision).decode
SEED, HEALTHY, MUTE = (bytes_version(model) for model in (seed_model_artefact(), ALIKE, SILENT))


@pytest.fixture(autouse=True)
def _silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    silenced(monkeypatch)


def scored_by(decisions: list[Decision]) -> set[tuple[str | None, str | None]]:
    """Which model decided, and which one was on trial."""
    return {(d.versions.model, d.challenger.model if d.challenger else None) for d in decisions}


def test_shadow_canary_halt_promotion_and_rollback_lose_nothing_and_verify(
    options: EngineOptions, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: tmp_path / name for name in ("healthy", "silent", "broken", "reference")}
    for file, model in zip(files.values(), (ALIKE, SILENT, BROKEN), strict=False):
        file.write_bytes(model)
    publish = ("publish", "--engine", options.engine, "--author", "ana", "--reason", "this week's")
    engine = started(options)
    assert scored_by(decide(engine, options, ["a"])) == {(SEED, None)}
    assert tollgate(*publish, "rollback") == 1
    assert "no other model was in effect" in capsys.readouterr().err
    assert tollgate(*publish, "challenger", "--withdraw") == 1
    assert "no challenger is on trial" in capsys.readouterr().err
    assert tollgate(*publish, "challenger", files["broken"]) == 1
    assert "the challenger cannot be used: the booster" in capsys.readouterr().err

    assert tollgate(*publish, "challenger", files["healthy"]) == 0
    assert scored_by(decide(engine, options, ["b1", "b2"])) == {(SEED, HEALTHY)}
    assert tollgate(*publish, "challenger", files["healthy"], "--share", "100%", "--errors-max", "off") == 0
    assert scored_by(decide(engine, options, ["c1", "c2"])) == {(HEALTHY, HEALTHY)}
    follower = Follower(options)
    while follower.step(0.3):
        follower.save()
    engine = started(options)
    topics = Topics(options.engine)
    send_payments(options, ["c1"])
    decide(engine, options, ["c3"])
    *_, first, _, again, _ = (decode(value) for value in values(options.bootstrap, topics["decisions"]))
    assert again == msgspec.structs.replace(first, duplicate=True)

    assert tollgate(*publish, "challenger", files["silent"], "--share", "50%", "--errors-max", "0%") == 0
    assert scored_by(decide(engine, options, ["d1", "d2"])) == {(SEED, MUTE)}
    engine = started(options)
    assert scored_by(decide(engine, options, ["d3"])) == {(SEED, None)}
    halts = [f.control for f in logged(options.bootstrap, options.engine) if f.control.author != "ana"]
    (halt,) = [control for control in halts if isinstance(control.change, ChallengerHalt)]
    assert halt.reason == (f"challenger {MUTE} halted: no probability for 1 of 1 payments, more than 0.00 %")

    files["reference"].write_text("[140, 28, 18, 6, 2, 2, 2, 2, 0, 0]")
    within = ("--reference", files["reference"], "--verdict-gap-max", "2.5%")
    assert tollgate(*publish, "challenger", files["healthy"], *within) == 0
    trial = in_force(Settings(), options.engine).models.trial
    assert trial is not None
    bounds = TrialBounds(
        psi_max=250_000, verdict_gap_max=25_000, reference=(140, 28, 18, 6, 2, 2, 2, 2, 0, 0)
    )
    assert (trial.number, trial.bounds) == (4, bounds)
    promote_challenger(Settings(), options.engine, trial.sha256, "ana", "it is better")
    assert scored_by(decide(engine, options, ["e1", "e2"])) == {(HEALTHY, None)}
    assert tollgate(*publish, "rollback") == 0
    assert f"model {SEED} scores again" in capsys.readouterr().out
    assert scored_by(decide(engine, options, ["f"])) == {(SEED, None)}
    engine.close()

    found = Verifier(options).run()
    assert (found.difference, found.notes) == ("", [])
    assert (found.decisions, found.duplicates, found.dead_letters) == (12, 1, 0)
    assert found.snapshots >= 2
    challengers = [b'"challenger"' in value for value in values(options.bootstrap, topics["journal"])]
    assert (challengers[0], challengers[-1], any(challengers)) == (False, False, True)
