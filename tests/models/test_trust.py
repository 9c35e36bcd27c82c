"""Who may change how payments are judged."""

import string
from collections.abc import Callable
from functools import partial

import msgspec
import pytest

from models.messages import (
    AmountWaiver,
    ChallengerChange,
    ChallengerHalt,
    Change,
    KeySignature,
    ListChange,
    ModelChange,
    PolicyChange,
    PromoteChange,
    ReviewLoad,
    Role,
    RootKey,
    RulesetChange,
    SecondSignature,
    SignedControl,
    TableChange,
    TraBand,
    TrustedKey,
)
from models.trust import (
    LIFETIME_MAX_MS,
    SigningKey,
    TrustRefusal,
    TrustState,
    UnauthorisedControlError,
    effect_statement,
    key_id,
    read_envelope,
    role_of,
    root_fingerprint,
    sealed,
    sign,
    signature_by,
    statement_hash,
    statement_text,
    verify,
)
from models.trust.keys import fault_of
from models.trust.second_signature import signatures_needed
from models.trust.state import EFFECTS_MAX
from tests.models.trust_scene import (
    DAY,
    ENGINE,
    NOW,
    ROOT,
    Scene,
    control_of,
    forged,
    key_of,
    keys_change,
    root_of,
    signed,
)

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
RULES = RulesetChange({"name": "shop", "rules": []})
ALLOWING = RulesetChange({"name": "shop", "rules": [{"id": "vip", "action": "allow"}]})
BLOCKED = ListChange("blocked_bins", "411111")
SHA = "0" * 64


def refused(attempt: Callable[[], object]) -> TrustRefusal:
    with pytest.raises(UnauthorisedControlError) as caught:
        attempt()
    assert str(caught.value).startswith(f"{caught.value.refusal}: ")
    return caught.value.refusal


def test_a_signed_control_acts_and_names_who_signed() -> None:
    scene = Scene.begun()
    assert scene.admit(scene.statement(RULES, "ana"), "ana") == ("ana",)
    assert scene.admit(scene.statement(RULES, "ana"), "ana", "ben") == ("ana", "ben")


def test_ed25519_is_that_of_rfc_8032() -> None:
    """Section 7.1, TEST 2: the key, and that a signature is deterministic."""
    key = SigningKey(bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    assert key.public == "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"
    assert (
        key.signature(b"\x72")
        .hex()
        .startswith("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")
    )
    assert sign(key, b"text") == sign(key, b"text")
    assert "4ccd" not in repr(key)


@pytest.mark.parametrize("signature", ["", "A" * 86, "!" * 86])
def test_what_is_no_signature_is_not_right(signature: str) -> None:
    assert not verify(key_of("ana").public, signature, b"text")
    assert not verify("A" * 5, sign(key_of("ana"), b"text"), b"text")


def test_an_unsigned_control_is_refused_once_a_root_is_pinned() -> None:
    state = TrustState(ENGINE)
    assert state.admit(control_of(RULES), None, NOW, 3) == ()
    state.pin(root_fingerprint(ROOT), 5)
    assert state.admit(control_of(RULES), None, NOW, 4) == ()
    assert refused(lambda: state.admit(control_of(RULES), None, NOW, 5)) == "unsigned"
    assert refused(lambda: state.admit(control_of(RULES), None, NOW, None)) == "unsigned"
    assert refused(lambda: state.admit(control_of(keys_change()), None, NOW, 1)) == "unsigned"


def test_without_a_root_nobody_can_bring_one() -> None:
    scene = Scene(TrustState(ENGINE))
    statement = scene.statement(keys_change(), "root-1")
    assert refused(lambda: scene.admit(statement, "root-1", "root-2")) == "no_root"
    assert scene.state.record() is None


def test_the_pinned_root_and_no_other_brings_the_first_keys() -> None:
    state = TrustState(ENGINE)
    state.pin(root_fingerprint(ROOT), 0)
    scene = Scene(state)
    other = keys_change(root=root_of(("mallory",), 1))
    assert refused(lambda: scene.admit(scene.statement(other, "mallory"), "mallory")) == "wrong_root"
    assert refused(lambda: scene.admit(scene.statement(RULES, "ana"), "ana")) == "unknown_key"
    with pytest.raises(ValueError, match="cannot go on with"):
        state.pin("f" * 64, 0)


def test_a_key_that_nobody_trusts_signs_nothing() -> None:
    scene = Scene.begun()
    assert refused(lambda: scene.admit(scene.statement(RULES, "mallory"), "mallory")) == "unknown_key"
    assert refused(lambda: scene.admit(scene.statement(RULES, "ana"), "mallory")) == "unknown_key"


def test_a_signature_holds_for_its_text_only() -> None:
    scene = Scene.begun()
    mild, stern = scene.statement(RULES, "ana"), scene.statement(ALLOWING, "ana")
    envelope = forged(statement_text(stern), "ana", statement_text(mild))
    assert refused(lambda: scene.take(envelope)) == "bad_signature"


def test_the_author_is_who_signs_first() -> None:
    scene = Scene.begun()
    assert refused(lambda: scene.admit(scene.statement(RULES, "ana"), "ben", "ana")) == "bad_signature"


@pytest.mark.parametrize(
    ("change", "name"),
    [(RULES, "lea"), (BLOCKED, "tom"), (PolicyChange({}), "tom"), (TableChange("fx", SHA), "ana"),
     (ModelChange(SHA), "lea"), (AmountWaiver(), "ana"), (ChallengerHalt(1, SHA, "scores", 1, 0), "ana"),
     (RULES, "engine"), (TraBand("acme", "2026-Q4", 100, None), "ana")],
)  # fmt: skip
def test_a_key_signs_what_its_roles_are_for(change: Change, name: str) -> None:
    scene = Scene.begun()
    assert refused(lambda: scene.admit(scene.statement(change, name), name)) == "wrong_role"


def test_every_kind_has_a_role() -> None:
    changes: list[Change] = [
        RULES, BLOCKED, PolicyChange({}), ModelChange(SHA), ChallengerChange(None), PromoteChange(SHA),
        TableChange("fx", SHA), AmountWaiver(), ReviewLoad(1, 1, 1), TraBand("a", "2026-Q4", 0, None),
        ChallengerHalt(1, SHA, "scores", 1, 0),
    ]  # fmt: skip
    assert {role_of(change) for change in changes} == set(Role)
    assert role_of(keys_change()) is None


@pytest.mark.parametrize("other", [{"installation": "shop-2"}, {"engine": "replay"}])
def test_what_was_signed_for_another_place_is_refused(other: dict[str, str]) -> None:
    scene = Scene.begun()
    assert refused(lambda: scene.admit(scene.statement(RULES, "ana", **other), "ana")) == "wrong_installation"


def test_a_statement_says_of_what_kind_it_is() -> None:
    scene = Scene.begun()
    assert refused(lambda: scene.admit(scene.statement(RULES, "ana", kind="policy"), "ana")) == "wrong_kind"


def test_an_old_or_repeated_control_is_refused() -> None:
    """Rollback: what was good once does not come back by being sent again."""
    scene = Scene.begun()
    scene.admit(scene.statement(RULES, "ana"), "ana")
    first = scene.log[-1]
    assert refused(lambda: scene.take(first)) == "wrong_predecessor"
    scene.admit(scene.statement(ALLOWING, "ben"), "ben")
    assert refused(lambda: scene.take(first)) == "wrong_predecessor"


def test_a_control_that_was_held_back_no_longer_fits() -> None:
    """Mix and match: rules that ana signed before ben's do not replace ben's."""
    scene = Scene.begun()
    held_back = signed(statement_text(scene.statement(RULES, "ana")), "ana")
    scene.admit(scene.statement(ALLOWING, "ben"), "ben")
    assert refused(lambda: scene.take(held_back)) == "wrong_predecessor"


def test_models_trials_and_promotions_are_one_chain() -> None:
    scene = Scene.begun()
    promotion = signed(statement_text(scene.statement(PromoteChange(SHA), "ana")), "ana")
    scene.admit(scene.statement(ChallengerChange("1" * 64), "ben"), "ben")
    assert refused(lambda: scene.take(promotion)) == "wrong_predecessor"


def test_list_entries_of_several_people_do_not_cross() -> None:
    scene = Scene.begun()
    by_lea = signed(statement_text(scene.statement(BLOCKED, "lea")), "lea")
    scene.admit(scene.statement(BLOCKED, "ana"), "ana")
    assert scene.take(by_lea) == ("lea",)
    assert refused(lambda: scene.take(by_lea)) == "wrong_predecessor"


@pytest.mark.parametrize("expires_at", [NOW - 1, None, NOW + LIFETIME_MAX_MS + 1])
def test_a_control_must_come_before_it_expires(expires_at: int | None) -> None:
    """Freeze: what was signed for last week and kept from the log does not act today."""
    scene = Scene.begun()
    statement = scene.statement(RULES, "ana", expires_at=expires_at)
    assert refused(lambda: scene.admit(statement, "ana")) == "expired"


@pytest.mark.parametrize(
    ("change", "second", "needed"),
    [
        (RULES, SecondSignature(allow_rules=True), 1),
        (ALLOWING, SecondSignature(allow_rules=True), 2),
        (ALLOWING, SecondSignature(models=True, policies=True, allow_entry_hours=0), 1),
        (PolicyChange({}), SecondSignature(policies=True), 2),
        (ModelChange(SHA), SecondSignature(models=True), 2),
        (PromoteChange(SHA), SecondSignature(models=True), 2),
        (ChallengerChange(SHA, 1), SecondSignature(models=True), 2),
        (ChallengerChange(SHA, 0), SecondSignature(models=True), 1),
        (ChallengerChange(None), SecondSignature(models=True), 1),
        (BLOCKED, SecondSignature(allow_entry_hours=0), 1),
        (ListChange("trusted_customers", "c"), SecondSignature(allow_entry_hours=24), 2),
        (ListChange("trusted_customers", "c", False), SecondSignature(allow_entry_hours=0), 1),
        (ListChange("trusted_customers", "c", True, NOW + DAY), SecondSignature(allow_entry_hours=24), 1),
        (ListChange("trusted_customers", "c", True, NOW + DAY + 1), SecondSignature(allow_entry_hours=24), 2),
        (ListChange("trusted_customers", "c", purpose="watch"), SecondSignature(allow_entry_hours=24), 2),
        (ListChange("vips", "c", purpose="allow"), SecondSignature(allow_entry_hours=24), 2),
        (ListChange("blocked_bins", "411111", False), SecondSignature(), 1),
        (ListChange("blocked_bins", "411111", False), SecondSignature(allow_entry_hours=24), 1),
        (ListChange("hot", "c", False, purpose="block"), SecondSignature(allow_entry_hours=24), 1),
        (ListChange("blocked_bins", "411111", True, NOW + 9), SecondSignature(allow_entry_hours=24), 1),
        (ListChange("blocked_bins", "411111", True), SecondSignature(allow_entry_hours=24), 1),
    ],
)
def test_two_people_sign_where_it_matters(change: Change, second: SecondSignature, needed: int) -> None:
    scene = Scene.begun(second)
    if needed == 2:
        assert refused(lambda: scene.admit(scene.statement(change, "ana"), "ana")) == "too_few_signatures"
        twice = lambda: scene.admit(scene.statement(change, "ana"), "ana", "ana")  # noqa: E731
        assert refused(twice) == "too_few_signatures"
        assert refused(lambda: scene.admit(scene.statement(change, "ana"), "ana", "tom")) == "wrong_role"
        assert scene.admit(scene.statement(change, "ana"), "ana", "ben") == ("ana", "ben")
    else:
        assert scene.admit(scene.statement(change, "ana"), "ana") == ("ana",)


NEW_ROOT = root_of(("root-4", "root-5"), 2)


@pytest.mark.parametrize(
    "names",
    [("root-4", "root-5"), ("root-1", "root-2"), ("root-1", "root-4", "root-5"),
     ("root-1", "root-2", "root-4"), ("root-1", "root-1", "root-4", "root-5"),
     ("ana", "ben", "root-4", "root-5")],
)  # fmt: skip
def test_a_root_is_replaced_only_by_the_threshold_of_old_and_new(names: tuple[str, ...]) -> None:
    scene = Scene.begun()
    statement = scene.statement(keys_change(2, NEW_ROOT), names[0])
    assert refused(lambda: scene.admit(statement, *names)) == "too_few_signatures"
    assert scene.state.keys == keys_change()
    everybody = ("root-1", "root-3", "root-4", "root-5")
    assert scene.admit(scene.statement(keys_change(2, NEW_ROOT), "root-1"), *everybody)[2:] == everybody[2:]
    statement = scene.statement(keys_change(3), "root-1")
    assert refused(lambda: scene.admit(statement, "root-1", "root-2")) == "too_few_signatures"


def test_keys_count_one_further_each_time() -> None:
    scene = Scene.begun()
    first = scene.log[0]
    assert refused(lambda: scene.take(first)) == "wrong_version"
    for version in (1, 3):
        statement = scene.statement(keys_change(version), "root-1")
        assert refused(partial(scene.admit, statement, "root-1", "root-2")) == "wrong_version"
    renamed = keys_change(2, root_of(("root-1", "root-2", "root-3"), 2, "shop-2"))
    statement = scene.statement(renamed, "root-1")
    assert refused(lambda: scene.admit(statement, "root-1", "root-2")) == "wrong_root"


def test_keys_that_contradict_themselves_are_refused() -> None:
    scene = Scene.begun()
    ana = keys_change().keys[0]
    for wrong in (
        keys_change(2, root_of(("root-1", "root-2"), 3)),
        keys_change(2, keys=(ana, ana)),
        keys_change(2, keys=(ana, TrustedKey("ana", key_of("ben").public, (Role.RULES,)))),
        keys_change(2, keys=(TrustedKey("both", key_of("root-1").public, (Role.RULES,)),)),
    ):
        statement = scene.statement(wrong, "root-1")
        everybody = ("root-1", "root-2", "root-3")
        assert refused(partial(scene.admit, statement, *everybody)) == "invalid_keys"


def test_a_key_has_one_spelling() -> None:
    key = ROOT.keys[0].key
    last = ALPHABET.index(key[-1])
    for other in (key[:-1] + ALPHABET[last + 1], key + "\n", key[:-1] + "*"):
        with pytest.raises(ValueError, match=r"how its bytes are written|padding"):
            key_id(other)
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"name": "x", "key": other}, RootKey)
        twice = (*ROOT.keys, RootKey("again", other))
        change = keys_change(1, root=msgspec.structs.replace(ROOT, keys=twice))
        assert "again" in (fault_of(change) or "")


def test_a_signature_has_one_spelling() -> None:
    key = key_of("ana")
    signature = sign(key, b"text")
    last = ALPHABET.index(signature[-1])
    other = signature[:-1] + ALPHABET[last + 1]
    assert verify(key.public, signature, b"text")
    assert not verify(key.public, other, b"text")
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"key": key_id(key.public), "signature": other}, KeySignature)


def test_a_retired_key_signs_nothing_more() -> None:
    scene = Scene.begun()
    others = tuple(each for each in keys_change().keys if each.name != "ana")
    scene.admit(scene.statement(keys_change(2, keys=others), "root-1"), "root-1", "root-2")
    assert refused(lambda: scene.admit(scene.statement(RULES, "ana"), "ana")) == "unknown_key"


def test_what_the_engine_writes_acts_only_where_it_is_expected() -> None:
    """Whoever has stolen the engine's key still cannot make up what it never decided."""
    scene = Scene.begun()
    ours = effect_statement("shop-1", ENGINE, control_of(BLOCKED, "live-1-rule"))
    assert refused(lambda: scene.take(signed(ours, "engine"))) == "unknown_effect"
    scene.state.expect([ours])
    assert refused(lambda: scene.take(signed(ours, "ana"))) == "wrong_role"
    assert scene.take(signed(ours, "engine")) == ("engine",)
    assert refused(lambda: scene.take(signed(ours, "engine"))) == "unknown_effect"


def test_an_effect_that_never_came_is_given_up_with_those_before_it() -> None:
    scene = Scene.begun()
    effects = [effect_statement("shop-1", ENGINE, control_of(BLOCKED, f"e{n}")) for n in range(3)]
    scene.state.expect(effects)
    scene.take(signed(effects[1], "engine"))
    record = scene.state.record()
    assert record is not None
    assert record.expected == (statement_hash(effects[2]),)
    assert refused(lambda: scene.take(signed(effects[0], "engine"))) == "unknown_effect"


def test_expected_effects_are_bounded() -> None:
    state = TrustState(ENGINE)
    state.pin(root_fingerprint(ROOT), 0)
    state.expect(str(n).encode() for n in range(EFFECTS_MAX + 10))
    record = state.record()
    assert record is not None
    assert len(record.expected) == EFFECTS_MAX
    assert record.expected[0] == statement_hash(b"10")


def test_a_state_goes_on_from_its_record() -> None:
    scene = Scene.begun()
    scene.admit(scene.statement(RULES, "ana"), "ana")
    scene.state.expect([b"x"])
    scene.state.refuse(NOW)
    record = scene.state.record()
    again = TrustState(ENGINE, msgspec.json.decode(msgspec.json.encode(record), type=type(record)))
    assert again.record() == record
    scene = Scene(again)
    assert scene.admit(scene.statement(ALLOWING, "ben"), "ben") == ("ben",)


def test_a_refusal_changes_nothing_but_its_count() -> None:
    scene = Scene.begun()
    before = scene.state.record()
    refused(lambda: scene.admit(scene.statement(RULES, "mallory"), "mallory"))
    assert scene.state.record() == before
    scene.state.refuse(NOW + 7)
    assert (scene.state.refused, scene.state.refused_at) == (1, NOW + 7)


def test_a_text_with_a_field_twice_is_refused() -> None:
    """Two readers could take different ones."""
    text = statement_text(Scene.begun().statement(RULES, "ana"))
    doubled = text.replace(b'"kind":"ruleset"', b'"kind":"policy","kind":"ruleset"', 1)
    value = sealed(doubled, [signature_by(key_of("ana"), doubled)])
    with pytest.raises(msgspec.ValidationError, match="twice"):
        read_envelope(msgspec.json.decode(value, type=SignedControl))


def test_the_signed_text_is_the_text_on_the_log() -> None:
    text = statement_text(Scene.begun().statement(RULES, "ana"))
    spaced = text.replace(b",", b" ,\n ")
    value = sealed(spaced, [signature_by(key_of("ana"), spaced)])
    envelope = read_envelope(msgspec.json.decode(value, type=SignedControl))
    assert envelope.text == spaced
    assert Scene.begun().take(envelope) == ("ana",)


@pytest.mark.parametrize("wrong", [b"[" * 100_000 + b"]" * 100_000, b"1" * 5_000, b"{}", b"[]", b"null"])
def test_what_is_no_statement_is_refused_whatever_it_is(wrong: bytes) -> None:
    message = SignedControl(msgspec.Raw(wrong), (signature_by(key_of("ana"), wrong),))
    with pytest.raises(msgspec.ValidationError):
        read_envelope(message)


def test_small_offsets_need_signatures_once_keys_are_known() -> None:
    """ENGINE.controls was made again: what lies at its beginning now is not from before the signatures."""
    state = Scene.begun().state
    state.since = 100
    assert refused(lambda: state.admit(control_of(RULES), None, NOW, 5)) == "unsigned"


@pytest.mark.parametrize(
    ("put", "needed"),
    [
        ({"list": "trusted_customers", "of": "customer"}, 2),
        ({"list": "trusted_customers", "of": "customer", "hours": 25}, 2),
        ({"list": "trusted_customers", "of": "customer", "hours": 24}, 1),
        ({"list": "blocked_customers", "of": "customer"}, 1),
    ],
)
def test_a_rule_may_not_allow_for_longer_than_its_author(put: dict[str, object], needed: int) -> None:
    change = RulesetChange({"name": "r", "rules": [{"id": "r1", "when": "true", "put_on_list": put}]})
    assert signatures_needed(change, 0, SecondSignature(allow_entry_hours=24)) == needed
