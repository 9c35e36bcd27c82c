"""What the engine does with signed controls: a root is in force, and what nobody signed does not act."""

from collections.abc import Callable
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.messages.codec import encode
from models.messages.control import Change, Control, ListChange, RulesetChange, TraBand
from models.messages.dead_letter import DeadLetterReason
from models.messages.payment import Method, MethodKind
from models.messages.signed_control import SignedControl
from models.trust import root_fingerprint, sealed, signature_by, statement_hash, statement_text
from streams.engine.core import Core
from streams.engine.input.batch import InputBatch
from streams.engine.output.messages import TransactionMessages
from streams.engine.result import BatchResult
from tests.engine.engine_log import NOW, batch_of, record
from tests.engine.judges import PUTS, rule, rules
from tests.models.trust_scene import ROOT, Scene, key_of, keys_change

MakeCore = Callable[[], Core]
MIXED = "test.history"
"""May carry every type."""
BLOCKS = rule("stop", 'bin in list("seen_bins")', action="block")


class SignedLog:
    """A log in the making: people sign, for an engine called `test`."""

    def __init__(self) -> None:
        self.scene = Scene.begun()
        self.scene.state.engine = "test"
        text = statement_text(self.scene.statement(keys_change(), "root-1", engine="test", previous=None))
        self.keys = sealed(text, [signature_by(key_of(name), text) for name in ("root-1", "root-2")])
        self.scene.state.heads["trust"] = statement_hash(text)

    def signed(self, change: Change, name: str = "ana") -> bytes:
        """The next control of this person."""
        statement = self.scene.statement(change, name, engine="test", expires_at=NOW + 86_400_000)
        text = statement_text(statement)
        self.scene.admit(statement, name)
        return sealed(text, [signature_by(key_of(name), text)])


def begun(make_core: MakeCore) -> Core:
    core = make_core()
    core.authority.state.pin(root_fingerprint(ROOT), 0)
    return core


def apply(core: Core, *values: bytes, first: int = 0, topic: str = "test.controls") -> BatchResult:
    return core.apply(batch_of(list(values), first, topic=topic))


def reasons(result: BatchResult) -> list[str]:
    return [letter.reason for _, letter in result.dead_letters]


def test_nobody_without_a_key_changes_what_judges(make_core: MakeCore) -> None:
    log, core = SignedLog(), begun(make_core)
    unsigned = encode(Control("c", NOW, "ana", rules(BLOCKS)))
    good = log.signed(rules(PUTS))
    result = apply(core, log.keys, good, unsigned, good)
    assert reasons(result) == [DeadLetterReason.UNAUTHORISED, DeadLetterReason.UNAUTHORISED]
    assert result.dead_letters[0][1].detail.startswith("unsigned: ")
    assert result.dead_letters[1][1].detail.startswith("wrong_predecessor: ")
    assert core.context.ruleset is not None
    assert [rule.id for rule in core.context.ruleset.rules] == ["seen"]
    assert core.authority.journalled() is not None
    assert core.authority.state.refused == 2


def test_the_journal_says_who_signed_what(make_core: MakeCore) -> None:
    log, core = SignedLog(), begun(make_core)
    entries = [log.signed(ListChange("blocked_bins", str(n)), "lea") for n in range(3)]
    result = apply(core, log.keys, log.signed(rules(PUTS)), *entries)
    assert [(each.start, each.end) for each in result.signed] == [(0, 1), (1, 2), (2, 5)]
    names = [core.authority.state.names(each.signers) for each in result.signed]
    assert names == [("root-1", "root-2"), ("ana",), ("lea",)]


def test_a_control_by_another_topic_must_be_signed_too(make_core: MakeCore) -> None:
    core = make_core()
    core.authority.state.pin(root_fingerprint(ROOT), 100)
    unsigned = encode(Control("c", NOW, "ana", rules(BLOCKS)))
    assert reasons(apply(core, unsigned, first=99)) == []
    assert reasons(apply(core, unsigned, first=100)) == [DeadLetterReason.UNAUTHORISED]
    assert reasons(apply(core, unsigned, topic=MIXED)) == [DeadLetterReason.UNAUTHORISED]


def test_what_is_signed_but_does_not_compile_is_an_invalid_control(make_core: MakeCore) -> None:
    log, core = SignedLog(), begun(make_core)
    result = apply(core, log.keys, log.signed(RulesetChange({"rules": 1})), log.signed(rules(PUTS)))
    assert reasons(result) == [DeadLetterReason.INVALID_CONTROL]
    assert core.context.ruleset is not None


def test_a_control_that_is_passed_over_keeps_its_place_in_the_chain(make_core: MakeCore) -> None:
    """What its people sign next names it, and must act."""
    log, core = SignedLog(), begun(make_core)
    batch = InputBatch()
    values = [log.keys, log.signed(rules(BLOCKS)), log.signed(rules(PUTS))]
    batch.extend("test.controls", 0, [(value, place, NOW) for place, value in enumerate(values)])
    result = core.apply(batch, {1: "passed over by order of dora: it ends the engine"})
    assert reasons(result) == [DeadLetterReason.ENGINE_ERROR]
    assert core.context.ruleset is not None
    assert [rule.id for rule in core.context.ruleset.rules] == ["seen"]


@pytest.mark.parametrize("name", ["tom", "ana"])
def test_the_band_of_the_risk_analysis_is_set_by_who_has_the_role(make_core: MakeCore, name: str) -> None:
    log, core = SignedLog(), begun(make_core)
    change = TraBand("acme", "2026-Q4", 250, None)
    text = statement_text(log.scene.statement(change, name, engine="test"))
    result = apply(core, log.keys, sealed(text, [signature_by(key_of(name), text)]))
    bands = core.context.in_effect.tra_bands
    assert (reasons(result), bands) == (
        ([], {"acme": {"2026-Q4": 250}}) if name == "tom" else ([DeadLetterReason.UNAUTHORISED], {})
    )


def test_effects_are_signed_and_act_when_read_back(make_core: MakeCore) -> None:
    log, core = SignedLog(), begun(make_core)
    apply(core, log.keys, log.signed(rules(PUTS, BLOCKS)))
    batch = InputBatch()
    batch.extend("test.payments", 0, [(record("a"), 0, NOW + 10), (record("b"), 1, NOW + 11)])
    result = core.apply(batch)
    assert [effect.change for effect in result.effects] == [ListChange("seen_bins", "520000")] * 2
    out = TransactionMessages("test", core.catalogue.schema_hash, key_of("engine"))
    effects = [out._effect(result, index) for index in range(2)]
    assert all(msgspec.json.decode(effect, type=SignedControl) for effect in effects)
    stolen = TransactionMessages("test", core.catalogue.schema_hash, key_of("mallory"))
    assert reasons(apply(core, stolen._effect(result, 0), first=10)) == [DeadLetterReason.UNAUTHORISED]
    assert "seen_bins" not in core.context.document().lists
    back = apply(core, *effects, effects[0], first=11)
    assert reasons(back) == [DeadLetterReason.UNAUTHORISED]
    assert core.context.document().lists["seen_bins"]


def test_effects_and_their_decisions_may_be_applied_as_one_batch(make_core: MakeCore) -> None:
    """Recovery joins batches: an entry then lies in the segment of the payment that asked for it."""
    log, core = SignedLog(), begun(make_core)
    out = TransactionMessages("test", core.catalogue.schema_hash, key_of("engine"))
    values = [log.keys, log.signed(rules(PUTS, BLOCKS)), record("a"), record("b")]
    result = apply(core, *values, topic=MIXED)
    values += [out._effect(result, index) for index in range(2)]
    values += [record("c"), record("d", method=Method(MethodKind.CARD, "tok_2", "400000", "DE"))]
    apply(core, *values[4:], first=4, topic=MIXED)
    joined = begun(make_core)
    assert apply(joined, *values, topic=MIXED).dead_letters == []
    assert joined.authority.state.record() == core.authority.state.record()
    assert joined.logical_hash() == core.logical_hash()


def test_an_engine_without_a_root_writes_and_takes_controls_as_ever(make_core: MakeCore) -> None:
    core = make_core()
    before = core.logical_hash()
    unsigned = encode(Control("c", NOW, "ana", rules(PUTS)))
    assert apply(core, unsigned).signed == []
    assert core.authority.journalled() is None
    core.authority.state.refuse(NOW)
    assert core.authority.state.record() is None
    assert core.logical_hash() != before


@pytest.fixture(scope="module")
def mixed_log() -> list[bytes]:
    """Signed and unsigned controls among payments, some twice; the first of them brings the keys."""
    log = SignedLog()
    values = [log.keys, log.signed(rules(PUTS, BLOCKS)), record("a")]
    for number in range(6):
        entry = log.signed(ListChange("seen_bins", f"40000{number}"), "lea")
        unsigned = encode(Control("c", NOW, "ana", ListChange("seen_bins", "520000")))
        values += [entry, record(f"p{number}"), unsigned, entry, log.signed(rules(BLOCKS), "ben")]
    return values


@settings(max_examples=15, deadline=None)
@given(cuts=st.sets(st.integers(1, 32)))
def test_cuts_do_not_show(make_core: MakeCore, mixed_log: list[bytes], cuts: set[int]) -> None:
    whole, parts = begun(make_core), begun(make_core)
    letters = [letter for _, letter in apply(whole, *mixed_log, topic=MIXED).dead_letters]
    found = []
    for start, end in pairwise(sorted({0, *cuts, len(mixed_log)})):
        found += [
            letter for _, letter in apply(parts, *mixed_log[start:end], first=start, topic=MIXED).dead_letters
        ]
    assert found == letters
    assert len(letters) == 12
    assert parts.logical_hash() == whole.logical_hash()
    assert parts.authority.state.record() == whole.authority.state.record()
