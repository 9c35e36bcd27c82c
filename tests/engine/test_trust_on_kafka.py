"""Signed controls on a real broker: engine, follower and verification agree on who may change what."""

import uuid
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from features.catalogue import CATALOGUE
from models.messages import Control, ListChange, RulesetChange, SecondSignature, encode
from models.messages.journal import JournalEntry
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.controls import logged, publish, publish_values
from streams.control_plane.key_changes import change_keys, publish_signed, with_keys, with_second_signature
from streams.control_plane.log_trust import LogTrust
from streams.control_plane.seed import publish_seed
from streams.control_plane.signing import ControlSigner, SignatureMissing, with_signature
from streams.engine.follower import Follower
from streams.engine.process import EngineOptions
from streams.errors import Misconfigured
from streams.inspect.verify import Verifier, values
from streams.kafka.topics import Topics
from streams.keys import Keyring, ensure_local_keys, new_key, read_waiting
from streams.keys.keyring import key_to_sign_with
from streams.platform.health import _refused
from streams.settings import Settings
from tests.engine.engine_log import NOW, record
from tests.engine.engine_on_kafka import follow, letters, read, run, seeds, send, started
from tests.engine.judges import PUTS, rule, rules

pytestmark = pytest.mark.kafka

ALLOWS = rule("vip", "amount > 0 EUR", action="allow")


@pytest.fixture
def settings(kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    return Settings(home=tmp_path)


@pytest.fixture
def keyring(settings: Settings) -> Keyring:
    made = ensure_local_keys(settings)
    assert made is not None
    return made


def options_of(settings: Settings, keyring: Keyring | None) -> EngineOptions:
    """Of a new engine, without topics yet."""
    name, store = f"test-{uuid.uuid4().hex[:8]}", ArtefactStore(settings.home / "artefacts")
    return EngineOptions(
        settings.kafka(), name, settings.home / "engine", CATALOGUE, store.load, historical=True,
        root=keyring.root if keyring else None, key=keyring.engine_key if keyring else None,
    )  # fmt: skip


@pytest.fixture
def options(settings: Settings, keyring: Keyring) -> EngineOptions:
    """A new engine with its keys and its seed published."""
    made = options_of(settings, keyring)
    publish_seed(made.bootstrap, settings.home, made.engine, keyring=keyring)
    return made


def attack(options: EngineOptions) -> None:
    """Somebody without a key may write to the topic."""
    control = encode(Control("attack", 0, "ana", rules(ALLOWS)))
    publish_values(options.bootstrap, options.engine, ["attack"], lambda: [control])


def details(options: EngineOptions) -> list[str]:
    return [letter.detail for letter in letters(options)]


def test_only_what_is_signed_acts_and_every_replay_agrees(
    options: EngineOptions, keyring: Keyring, settings: Settings
) -> None:
    engine = started(options)
    run(engine, seeds(options))
    assert details(options) == []
    where = (options.bootstrap, options.engine)
    publish(*where, [rules(PUTS)], "typed", "signed", keyring)
    attack(options)
    run(engine, 2)
    send(options, [record(f"p{number}") for number in range(5)])
    run(engine, 6)  # the effect of the first payments comes back
    assert [detail.split(":")[0] for detail in details(options)] == ["unsigned"]
    assert engine.state.core.context.document().lists["seen_bins"]
    history = list(logged(*where))
    me = keyring.for_role(engine.state.core.authority.state.keys, "rules")[0]  # type: ignore[arg-type, index]
    assert {entry.control.author for entry in history} == {f"{me} (root)", me, "engine (for rule seen)"}
    assert "attack" not in {entry.control.id for entry in history}
    follower = Follower(options)
    follow(follower, engine.state.position.number)
    assert follower.state.core.logical_hash() == engine.state.core.logical_hash()
    again = started(options)
    assert again.state.core.logical_hash() == engine.state.core.logical_hash()
    again.close()
    assert started(options).state.core.authority.state.record() == again.state.core.authority.state.record()
    assert Verifier(options).run().difference == ""
    entries = read(options, "journal", JournalEntry)
    last = entries[-1]
    assert last.trust
    assert (last.trust.version, last.trust.refused) == (1, 1)
    assert _refused(settings)[options.engine].count == 1
    with pytest.MonkeyPatch.context() as patch:  # the journal says that keys are in force
        patch.delattr(LogTrust, "read")
        assert publish_seed(options.bootstrap, settings.home, options.engine, keyring=keyring) == 0
    signed = sum(part.end - part.start for entry in entries for part in entry.signed or ())
    files = sum(1 for _ in values(options.bootstrap, Topics(options.engine)["artefacts"]))
    assert signed >= seeds(options) - files - 1


def test_a_control_that_is_sent_again_does_not_act_again(options: EngineOptions, keyring: Keyring) -> None:
    where = (options.bootstrap, options.engine)
    publish(*where, [rules(PUTS)], "typed", "signed", keyring)
    old = list(values(options.bootstrap, Topics(options.engine)["controls"]))[-1]
    publish(*where, [rules(ALLOWS)], "typed", "signed", keyring)
    publish_values(*where, ["again"], lambda: [old])
    engine = started(options)
    run(engine, seeds(options))
    assert [detail.split(":")[0] for detail in details(options)] == ["wrong_predecessor"]
    assert engine.state.core.context.ruleset is not None
    assert [rule.id for rule in engine.state.core.context.ruleset.rules] == ["vip"]


def test_a_second_person_signs_in_a_file(
    options: EngineOptions, keyring: Keyring, settings: Settings
) -> None:
    ben = new_key(settings.home / "ben", "ben", "Ben")
    mine = LogTrust(options.bootstrap, options.engine, keyring.root).at_end().keys
    assert mine is not None
    bens = msgspec.structs.replace(mine.keys[0], name="Ben", key=ben.key)
    change_keys(settings, options.engine, with_keys([bens]), "two of us")
    change_keys(settings, options.engine, with_second_signature(SecondSignature(allow_rules=True)), "two")
    where = (options.bootstrap, options.engine)
    with pytest.raises(SignatureMissing, match="keys sign"):
        publish(*where, [rules(ALLOWS)], "typed", "vip", keyring)
    (path,) = keyring.waiting.iterdir()
    with pytest.raises(Misconfigured, match="2 people"):
        publish_signed(settings, read_waiting(path))
    waiting = read_waiting(path)
    key = key_to_sign_with(settings.home / "ben", "", waiting)
    publish_signed(settings, [with_signature(envelope, key) for envelope in waiting])
    engine = started(options)
    run(engine, seeds(options))
    assert details(options) == []
    assert list(logged(*where))[-1].control.author == f"{mine.keys[0].name} and Ben"


def test_an_engine_that_began_without_a_root_gets_one(settings: Settings) -> None:
    """What was on its log before stays in effect; from then on controls are signed."""
    options = options_of(settings, None)
    publish_seed(options.bootstrap, settings.home, options.engine)
    engine = started(options)
    run(engine, seeds(options))
    engine.close()
    publish(options.bootstrap, options.engine, [ListChange("blocked_bins", "411111")], "ana", "as ever")
    keyring = ensure_local_keys(settings)
    assert keyring is not None
    assert publish(options.bootstrap, options.engine, [ListChange("x_bins", "41111")], "a", "b", keyring)
    assert publish_seed(options.bootstrap, settings.home, options.engine, keyring=keyring) == 1
    assert publish_seed(options.bootstrap, settings.home, options.engine, keyring=keyring) == 0
    rooted = started(replace(options, root=keyring.root, key=keyring.engine_key))
    run(rooted, 3)
    attack(options)
    publish(options.bootstrap, options.engine, [rules(PUTS)], "typed", "signed", keyring)
    run(rooted, 2)
    assert [detail.split(":")[0] for detail in details(options)] == ["unsigned"]
    lists = rooted.state.core.context.document().lists
    assert "411111" in lists["blocked_bins"]
    assert Verifier(options).run().difference == ""
    follower = Follower(options)
    follow(follower, rooted.state.position.number)
    assert follower.state.core.logical_hash() == rooted.state.core.logical_hash()


def test_an_engine_does_not_start_under_another_root_or_without_its_key(
    options: EngineOptions, tmp_path: Path
) -> None:
    run(started(options), seeds(options))
    other = ensure_local_keys(Settings(home=tmp_path / "other"))
    assert other is not None
    with pytest.raises(Misconfigured, match="is rooted in"):
        started(replace(options, root=other.root, key=other.engine_key))
    for key in (None, other.engine_key):
        with pytest.raises(Misconfigured, match="has no key for what the engine itself writes"):
            started(replace(options, key=key))
    with pytest.raises(Misconfigured, match="this host has no keys"):
        publish(options.bootstrap, options.engine, [rules(PUTS)], "typed", "unsigned")
    assert started(replace(options, root=None)).state.core.authority.state.root is not None


def test_an_unsigned_engine_refuses_keys(settings: Settings, keyring: Keyring) -> None:
    options = options_of(settings, None)
    publish_seed(options.bootstrap, settings.home, options.engine, keyring=keyring)
    engine = started(options)
    run(engine, seeds(options))
    assert [detail.split(":")[0] for detail in details(options)] == ["no_root"]
    assert encode(engine.state.core.authority.state.record()) == b"null"


def test_a_control_that_the_engine_cannot_take_does_not_break_the_chain(
    options: EngineOptions, keyring: Keyring
) -> None:
    """A card number is refused before signatures are looked at: here, in the engine and by who signs next."""
    where = (options.bootstrap, options.engine)
    noted = RulesetChange({"name": "4111111111111111", "version": 2, "rules": [PUTS]})
    with pytest.raises(Misconfigured, match="card_number"):
        publish(*where, [noted], "typed", "with a card number", keyring)
    state = LogTrust(*where, keyring.root).at_end()
    value = ControlSigner(state, keyring).values([Control("c", NOW, "typed", noted)])
    send(options, value, "controls")
    publish(*where, [rules(PUTS)], "typed", "signed", keyring)
    engine = started(options)
    run(engine, seeds(options))
    assert [detail.split(";")[0] for detail in details(options)] == ["a string holds a card number"]
    assert engine.state.core.context.ruleset is not None
    assert [rule.id for rule in engine.state.core.context.ruleset.rules] == ["seen"]
