"""Whatever an attacker sends, who holds less than the threshold of roots and one key of a small role.

The attacker reads everything on the log, sends it again, crosses it, changes it and signs with what was
stolen. What acts is only what honest people signed, in its own place, or what the stolen key is for.
"""

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from models.messages import (
    Change,
    KeySignature,
    ListChange,
    PolicyChange,
    ReviewLoad,
    RulesetChange,
    SecondSignature,
    TableChange,
    TrustChange,
)
from models.trust import (
    ControlEnvelope,
    TrustRecord,
    UnauthorisedControlError,
    effect_statement,
    signature_by,
    statement_hash,
    statement_text,
)
from tests.models.trust_scene import DAY, ENGINE, NOW, Scene, control_of, key_of, keys_change, root_of, signed

STOLEN = ("lea", "root-1", "mallory", "engine")
"""A key for lists, one of three root keys of which two must sign, one that nobody trusts, the engine's."""
CHANGES = st.sampled_from(
    [
        RulesetChange({"name": "a", "rules": []}),
        RulesetChange({"name": "b", "rules": [{"action": "allow"}]}),
        PolicyChange({"a": 1}),
        TableChange("fx", "0" * 64),
        ListChange("blocked_bins", "411111"),
        ListChange("trusted_customers", "c1"),
        ReviewLoad(1, 1, 1),
    ]
)
PLACES = st.sampled_from(["", "shop-2", "replay"])
HONEST = {"ruleset": "ana", "policy": "ana", "table": "tom", "list": "ana", "review_load": "tom"}
ROOTS = st.sampled_from(
    [root_of(("mallory",), 1), root_of(("root-1",), 1), root_of(("root-1", "mallory"), 2)]
)


class Attack(RuleBasedStateMachine):
    """Honest changes, and an attacker at the same log."""

    seen = Bundle("seen")

    @initialize()
    def begin(self) -> None:
        self.scene = Scene.begun(SecondSignature(allow_rules=True, allow_entry_hours=1))
        self.time = NOW
        self.honest: set[str] = {statement_hash(self.scene.log[0].text)}
        self.acted: set[str] = set(self.honest)
        self.versions = 1

    @rule(
        target=seen, change=CHANGES, sent=st.booleans(), elsewhere=st.sampled_from(["", "shop-2", "replay"])
    )
    def an_honest_change(self, change: Change, sent: bool, elsewhere: str) -> ControlEnvelope:
        """Signed by two; it may not reach the log at once, or be meant for another place."""
        kind = str(type(change).__struct_config__.tag)
        names = (HONEST[kind], "ben") if HONEST[kind] == "ana" else (HONEST[kind],)
        place = {"installation": elsewhere} if elsewhere == "shop-2" else {"engine": elsewhere or ENGINE}
        statement = self.scene.statement(change, names[0], expires_at=self.time + DAY, **place)
        envelope = signed(statement_text(statement), *names)
        if not elsewhere:
            self.honest.add(statement_hash(envelope.text))
        if sent:
            self.send(envelope, honest=not elsewhere)
        return envelope

    @rule(target=seen)
    def honest_roots_change_the_keys(self) -> ControlEnvelope:
        self.versions += 1
        change = keys_change(self.versions, second_signature=self.scene.state.keys.second_signature)  # type: ignore[union-attr]
        statement = self.scene.statement(change, "root-2", expires_at=self.time + DAY)
        envelope = signed(statement_text(statement), "root-2", "root-3")
        self.honest.add(statement_hash(envelope.text))
        self.send(envelope, honest=True)
        return envelope

    @rule(days=st.sampled_from([0, 1, 2, 100]))
    def time_passes(self, days: int) -> None:
        self.time += days * DAY

    @rule(envelope=seen)
    def it_is_sent_again(self, envelope: ControlEnvelope) -> None:
        """What the attacker kept back is honest, once: its people signed it for this place in the chain."""
        self.send(envelope)

    @rule(envelope=seen)
    def it_is_sent_late(self, envelope: ControlEnvelope) -> None:
        self.time += 2 * DAY
        self.send(envelope)

    @rule(target=seen, change=CHANGES, names=st.lists(st.sampled_from(STOLEN), min_size=1, max_size=3))
    def something_is_made_up(self, change: Change, names: list[str]) -> ControlEnvelope:
        statement = self.scene.statement(change, names[0], expires_at=self.time + DAY)
        return self.sent(signed(statement_text(statement), *names))

    @rule(target=seen, envelope=seen, names=st.lists(st.sampled_from(STOLEN), max_size=2), kept=st.booleans())
    def it_is_changed(self, envelope: ControlEnvelope, names: list[str], kept: bool) -> ControlEnvelope:
        """To fit the place and time, with the old signatures or stolen ones."""
        statement = envelope.statement
        head = self.scene.state.heads.get("trust" if statement.kind == "trust" else statement.kind)
        changed = msgspec.structs.replace(
            statement, installation="shop-1", engine=ENGINE, previous=head, expires_at=self.time + DAY
        )
        text = statement_text(changed)
        signatures: list[KeySignature] = list(envelope.signatures) if kept else []
        signatures += [signature_by(key_of(name), text) for name in names]
        return self.sent(ControlEnvelope(text, changed, tuple(signatures[:16])) if signatures else envelope)

    @rule(target=seen, root=ROOTS, further=st.integers(0, 2), first=seen, names=st.permutations(STOLEN))
    def another_root_is_made_up(
        self, root: object, further: int, first: ControlEnvelope, names: list[str]
    ) -> ControlEnvelope:
        """Signed by all that was stolen, and with the signatures of something else."""
        change = keys_change(self.versions + further, root)  # type: ignore[arg-type]
        statement = self.scene.statement(change, "root-1", expires_at=self.time + DAY)
        text = statement_text(statement)
        signatures = [signature_by(key_of(name), text) for name in names]
        return self.sent(ControlEnvelope(text, statement, (*signatures, *first.signatures)))

    @rule(target=seen, change=CHANGES)
    def an_effect_is_made_up(self, change: Change) -> ControlEnvelope:
        return self.sent(signed(effect_statement("shop-1", ENGINE, control_of(change)), "engine"))

    def sent(self, envelope: ControlEnvelope) -> ControlEnvelope:
        self.send(envelope)
        return envelope

    def send(self, envelope: ControlEnvelope, honest: bool = False) -> None:
        name, before = statement_hash(envelope.text), self.scene.state.record()
        try:
            self.scene.take(envelope, self.time)
        except UnauthorisedControlError:
            assert self.scene.state.record() == before
            assert not honest, "what honest people sign acts"
            return
        statement = envelope.statement
        assert name not in self.acted, "a statement acts once"
        self.acted.add(name)
        assert statement.installation == "shop-1"
        assert statement.engine == ENGINE
        assert statement.expires_at is not None
        assert statement.expires_at >= self.time
        if name not in self.honest:  # only what lea's key is for, and one person may sign
            assert statement.kind == "list"
            assert {each.key for each in envelope.signatures} == {signature_by(key_of("lea"), b"").key}
            assert statement.control.change == ListChange("blocked_bins", "411111")

    @invariant()
    def the_keys_are_those_of_honest_roots(self) -> None:
        record: TrustRecord | None = self.scene.state.record()
        assert record is not None
        assert isinstance(record.keys, TrustChange)
        assert record.keys.version == self.versions
        assert record.keys.root == keys_change().root


TestAttack = Attack.TestCase
TestAttack.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
