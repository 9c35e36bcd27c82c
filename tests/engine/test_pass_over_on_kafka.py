"""Controls that end an engine, on a real broker: passed over by an order, or refused by the probe."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from features.catalogue import CATALOGUE
from models.messages.control import Change, ModelChange, RulesetChange
from models.messages.decision import Decision
from models.messages.journal import JournalEntry
from models.seed import seed_ruleset
from streams import cli
from streams.control_plane.artefacts import ArtefactStore, upload
from streams.control_plane.controls import publish
from streams.control_plane.seed import publish_seed
from streams.engine.decision import judging
from streams.engine.decision.context import Context
from streams.engine.follower import Follower
from streams.engine.process import Engine, EngineOptions
from streams.inspect.verify import Verifier
from streams.kafka.topics import Topics
from streams.keys import ensure_local_keys, keyring_of
from streams.model_probe import ProbeVerdict
from streams.settings import Settings
from tests.engine.engine_log import record
from tests.engine.engine_on_kafka import decided, follow, letters, read, send, started
from tests.support.damaged_models import good_model

pytestmark = pytest.mark.kafka
BAD = {**seed_ruleset(), "name": "bad"}


class KilledError(Exception):
    """The process ended."""


@pytest.fixture
def options(kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineOptions:
    """A new engine whose controls are signed, with its seed."""
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    name, keyring = f"over-{uuid.uuid4().hex[:8]}", ensure_local_keys(Settings())
    assert keyring is not None
    publish_seed(kafka, tmp_path, name, keyring=keyring)
    store = ArtefactStore(tmp_path / "artefacts")
    return EngineOptions(
        kafka, name, tmp_path / "engines" / name, CATALOGUE, store.load, historical=True,
        root=keyring.root, key=keyring.engine_key,
    )  # fmt: skip


def store_of(options: EngineOptions) -> ArtefactStore:
    return ArtefactStore(options.folder.parents[1] / "artefacts")


def put(options: EngineOptions, change: Change) -> int:
    upload(options.bootstrap, options.engine, [change], store_of(options))
    arguments = (options.bootstrap, options.engine, [change], "", "better")
    (offset,) = publish(*arguments, keyring_of(Settings()))
    return offset


def until(engine: Engine, done: Any) -> None:
    for _ in range(400):
        engine.step()
        if done():
            return
    raise AssertionError("nothing came")


def ruleset_name(engine: Engine) -> str:
    ruleset = engine.state.core.context.ruleset
    return "" if ruleset is None else ruleset.document.name


def decide(engine: Engine, options: EngineOptions, id: str) -> Decision:
    wanted = engine.state.core.admission.sequence + 1
    send(options, [record(id)])
    until(engine, lambda: engine.state.core.admission.sequence >= wanted)
    return decided(options)[-1]


def pass_over(options: EngineOptions, offset: int, capsys: pytest.CaptureFixture[str]) -> str:
    arguments = ["engine", "--engine", options.engine, "pass-over", str(offset)]
    with pytest.raises(SystemExit) as ended:
        cli.main([*arguments, "--author", "ana", "--reason", "it ends the engine"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def all_agree(engine: Engine, options: EngineOptions) -> None:
    """Verification and follower repeat what the engine did, without any order or probe."""
    assert Verifier(options).run().difference == ""
    follower = Follower(options)
    follow(follower, engine.state.position.number)
    assert follower.state.core.logical_hash() == engine.state.core.logical_hash()


def test_a_ruleset_that_ends_the_engine_at_a_payment_is_withdrawn(
    options: EngineOptions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = judging.judge

    def judge(context: Any, *arguments: Any) -> Any:
        if context.ruleset is not None and context.ruleset.document.name == "bad":
            raise KilledError
        return real(context, *arguments)

    monkeypatch.setattr("streams.engine.core.judge", judge)
    engine = started(options)
    decide(engine, options, "before")
    offset = put(options, RulesetChange(BAD))
    until(engine, lambda: ruleset_name(engine) == "bad")
    for _ in range(2):
        with pytest.raises(KilledError):
            decide(engine, options, "after")
        engine = started(options)
    assert "will be withdrawn" in pass_over(options, offset, capsys)
    engine = started(options)
    until(engine, lambda: engine.state.core.admission.sequence >= 2)
    after = decided(options)[-1]
    assert (after.payment_id, "ruleset" in after.degraded) == ("after", True)
    (withdrawn,) = [each for e in read(options, "journal", JournalEntry) for each in e.withdrawn or ()]
    assert (withdrawn.offset, withdrawn.target) == (offset, "ruleset")
    assert "by order of ana: it ends the engine" in withdrawn.why
    assert not list((options.folder / "pass-over").glob("*"))
    put(options, RulesetChange(seed_ruleset()))
    until(engine, lambda: ruleset_name(engine) == "seed")
    assert decide(engine, options, "again").degraded == ()
    all_agree(engine, options)


def test_a_control_that_ends_the_engine_where_it_is_applied_is_skipped(
    options: EngineOptions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = Context.applied

    def applied(context: Any, control: Any, *place: Any) -> Any:
        if isinstance(control.change, RulesetChange) and control.change.ruleset["name"] == "bad":
            raise KilledError
        return real(context, control, *place)

    monkeypatch.setattr(Context, "applied", applied)
    engine = started(options)
    decide(engine, options, "before")
    offset = put(options, RulesetChange(BAD))
    with pytest.raises(KilledError):
        until(engine, lambda: False)
    assert "will be skipped" in pass_over(options, offset, capsys)
    engine = started(options)
    assert decide(engine, options, "after").degraded == ()
    (letter,) = letters(options)
    assert (letter.offset, letter.reason) == (offset, "engine_error")
    assert "by order of ana: it ends the engine" in letter.detail
    all_agree(engine, options)


def test_a_model_that_ends_the_process_of_the_probe_does_not_go_live(options: EngineOptions) -> None:
    class Ended:
        asked = 0

        def verdict(self, _artefact: bytes) -> ProbeVerdict:
            self.asked += 1
            return ProbeVerdict("it ended the process that scored it on a probe (SIGABRT)")

    engine = started(options)
    decide(engine, options, "before")
    engine.offered._probe = probe = Ended()  # type: ignore[assignment]
    publish(options.bootstrap, options.engine, [ModelChange("0" * 64)], "", "no file", keyring_of(Settings()))
    sha256 = store_of(options).stage(good_model())
    offset = put(options, ModelChange(sha256))
    until(engine, lambda: engine.state.position.inputs[Topics(options.engine)["controls"]] > offset)
    assert decide(engine, options, "after").degraded == ()
    missing, letter = letters(options)
    assert (missing.reason, probe.asked) == ("artefact_missing", 1)
    assert f"model {sha256[:16]} must not go live: it ended the process" in letter.detail
    scorer = engine.state.core.context.scorer
    assert scorer is not None
    assert scorer.version != sha256[:16]
    all_agree(engine, options)


def test_only_models_rulesets_and_policies_can_be_passed_over(
    options: EngineOptions, capsys: pytest.CaptureFixture[str]
) -> None:
    for offset, words in (("5", "can be passed over"), ("9999", "there is no control at offset 9999")):
        with pytest.raises(SystemExit) as ended:
            cli.main(
                ["engine", "--engine", options.engine, "pass-over", offset, "--author", "a", "--reason", "r"]
            )
        assert ended.value.code == 1
        assert words in capsys.readouterr().err
