"""The engine as a function of its log: cuts, snapshots and repetition must not show."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.catalogue import CATALOGUE, Catalogue, Family
from features.catalogue import measures as m
from features.columns.events import OUTCOME_CODES, Events, Stream
from features.state.state import FeatureState
from models.messages.codec import encode
from models.messages.control import AmountWaiver, Control, ListChange, RulesetChange
from models.messages.dead_letter import DeadLetter, DeadLetterReason
from models.messages.decision import Decision, Verdict
from models.messages.label import LabelValue
from models.messages.outcome import DeclineGroup, OutcomeKind
from models.messages.payment import Authentication, Merchant, Method, MethodKind, Phase
from streams.control_plane.artefacts import ArtefactStore
from streams.engine.admission.admission import Admission
from streams.engine.admission.log_counters import LogCounters
from streams.engine.core import Core
from streams.engine.decision.context import Context
from streams.engine.decision.hit_sets import HitSets
from streams.engine.result import BatchResult
from tests.engine.engine_log import DAY, NOW, batch_of, label, outcome, payment, record
from tests.engine.judges import BAND, BUSY, BY_COST, EVERY_ACTION, HELD_OUT, soft_declined

MakeCore = Callable[[], Core]


def decisions(result: BatchResult) -> list[Decision]:
    return [msgspec.json.decode(answer.body, type=Decision) for answer in result.answers]


def letters(result: BatchResult) -> list[DeadLetter]:
    return [letter for _, letter in result.dead_letters]


def judged(core: Core, seed: list[bytes], records: list[bytes]) -> tuple[list[Decision], list[DeadLetter]]:
    """Decisions and dead letters of `records` behind the seed."""
    core.apply(batch_of(seed))
    result = core.apply(batch_of(records, first=len(seed)))
    return decisions(result), letters(result)


def reason_of(core: Core, seed: list[bytes], value: bytes) -> DeadLetterReason:
    _, refused = judged(core, seed, [value])
    return refused[0].reason


DECLINED = outcome("p0", kind=OutcomeKind.DECLINED, decline_group=DeclineGroup.WRONG_CVV)
RULE = {"id": "euros", "description": "d", "owner": "o", "when": 'currency == "EUR"', "score": 60}
POOL = [
    *[record(f"p{i}") for i in range(4)],
    record("p0", amount=999),
    record("p1", phase=Phase.POST_3DS),
    record("p2", attempt=2, occurred_at=NOW + 5 * DAY),
    record("late", occurred_at=NOW - 3 * DAY),
    record("stale", occurred_at=NOW - 9 * DAY),
    record("far", occurred_at=9_999_999_999_000),
    record("tiny", amount=1),
    record(
        "yen",
        currency="JPY",
        amount=5000,
        method=Method(MethodKind.WALLET, "w1"),
        ip="2.2.2.2",
        customer=None,
    ),
    record("big", amount=700_000, method=Method(MethodKind.CARD, "tok_2", "411111", "FR"), ip="5.5.5.5"),
    record("nofx", currency="XPF", amount=10_000),
    b"",
    b"{",
    b"\xff\xfe",
    b'{"type":"refund"}',
    b'{"type":"payment","amount":"12"}',
    record("pan", device_id="4111111111111111"),
    encode(outcome("p0", kind=OutcomeKind.CAPTURED, at=NOW + 60_000)),
    encode(DECLINED),
    encode(outcome("p1", currency="JPY", amount=5000)),
    encode(outcome("p1", currency="nonsense")),
    encode(label("p0")),
    encode(label("p1", label=LabelValue.LEGITIMATE, known_at=NOW + 9 * DAY)),
    encode(Control("c1", NOW, "me", ListChange("blocked_bins", "411111", expires_at=NOW + 5_010))),
    encode(Control("c2", NOW, "me", ListChange("blocked_bins", "411111", present=False))),
    encode(Control("c3", NOW, "me", RulesetChange({"name": "other", "rules": [RULE]}))),
    encode(
        Control(
            "c4", NOW, "me", RulesetChange({"name": "broken", "rules": [RULE | {"when": "nonsense > 1"}]})
        )
    ),
    encode(Control("c5", NOW, "me", AmountWaiver("EUR"))),
    *(EVERY_ACTION, HELD_OUT, BY_COST, BUSY, BAND),
    soft_declined("p0"),
    soft_declined("p3", response_code="1A"),
    encode(outcome("p1", kind=OutcomeKind.AUTHENTICATED, at=NOW + 4_000)),
    *[record("p0", attempt=attempt) for attempt in (2, 3)],
    record("p3", attempt=2),
    record("p2", phase=Phase.POST_3DS, authentication=Authentication("2.2", "Y", "05")),
    record("next month", occurred_at=NOW + 40 * DAY),
]


def stored(core: Core, artefacts: ArtefactStore) -> Core:
    """The core as a snapshot would bring it back."""
    document = msgspec.json.decode(encode(core.context.document()), type=type(core.context.in_effect))
    again = Core(
        core.engine,
        CATALOGUE,
        Context.restored(CATALOGUE, artefacts.load, document),
        Admission.from_arrays(core.admission.arrays(), core.admission.horizon_ms, core.admission.keys_max),
        FeatureState.from_arrays(CATALOGUE, core.features.arrays()),
        core.origins,
        HitSets.from_arrays(core.hit_sets.arrays()),
        LogCounters.from_arrays(core.counters.arrays()),
    )
    again.decision_hash, again.vector_chain = core.decision_hash, core.vector_chain
    return again


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(picks=st.lists(st.integers(0, len(POOL) - 1), min_size=1, max_size=40), data=st.data())
def test_cuts_and_snapshots_do_not_show(
    make_core: MakeCore,
    seed_controls: list[bytes],
    artefacts: ArtefactStore,
    picks: list[int],
    data: st.DataObject,
) -> None:
    log = [*seed_controls, *(POOL[pick] for pick in picks)]
    whole = make_core()
    expected = whole.apply(batch_of(log, step=3))
    cut = make_core()
    answers: list[bytes] = []
    refused: list[DeadLetter] = []
    vectors: list[np.ndarray] = []
    at = 0
    while at < len(log):
        size = data.draw(st.integers(1, len(log) - at))
        if data.draw(st.booleans()):
            cut = stored(cut, artefacts)
        result = cut.apply(batch_of(log[at : at + size], first=at, step=3))
        answers += [answer.body for answer in result.answers]
        refused += letters(result)
        vectors += [block.matrix for block in result.vectors]
        at += size
    assert answers == [answer.body for answer in expected.answers]
    assert refused == letters(expected)
    blocks = [block.matrix for block in expected.vectors]
    assert np.array_equal(
        np.concatenate(vectors or [np.empty(0)]), np.concatenate(blocks or [np.empty(0)]), equal_nan=True
    )
    assert (cut.state_hash, cut.decision_hash, cut.logical_hash()) == (
        whole.state_hash,
        whole.decision_hash,
        whole.logical_hash(),
    )


def test_every_record_is_a_decision_a_dead_letter_or_known_input(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    found, refused = judged(make_core(), seed_controls, POOL)
    silent = (
        sum(b'"type":"outcome"' in r or b'"type":"label"' in r or b'"type":"control"' in r for r in POOL) - 2
    )
    assert len(found) + len(refused) + silent == len(POOL)


def test_a_duplicate_gets_the_same_decision_marked(make_core: MakeCore, seed_controls: list[bytes]) -> None:
    change = encode(Control("c", NOW, "me", RulesetChange({"name": "other", "rules": [RULE]})))
    log = [record("a", ip="5.5.5.5"), record("b"), change, record("a", ip="5.5.5.5"), record("c")]
    (first, _, again, third), _ = judged(make_core(), seed_controls, log)
    assert again == msgspec.structs.replace(first, duplicate=True)
    assert third.sequence == 3
    assert third.versions.ruleset != first.versions.ruleset


def test_field_order_and_white_space_do_not_make_a_conflict(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    value = record("a")
    reordered = msgspec.json.format(
        msgspec.json.encode(dict(reversed(msgspec.json.decode(value).items()))), indent=2
    )
    found, refused = judged(make_core(), seed_controls, [value, reordered])
    assert [decision.duplicate for decision in found] == [False, True]
    assert not refused


def test_same_key_with_another_body_is_a_conflict(make_core: MakeCore, seed_controls: list[bytes]) -> None:
    found, refused = judged(make_core(), seed_controls, [record("a"), record("a", amount=1251)])
    assert (len(found), refused[0].reason) == (1, DeadLetterReason.CONFLICT)


def test_a_later_phase_reads_the_windows_without_adding(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    core = make_core()
    core.apply(batch_of(seed_controls))
    log = [record("a"), record("a", phase=Phase.POST_3DS), record("a", phase=Phase.POST_AUTH), record("b")]
    result = core.apply(batch_of(log, first=len(seed_controls)))
    column = CATALOGUE.names.index("card_payment_count_1h")
    assert result.vectors[0].matrix[:, column].tolist() == [0.0, 1.0, 1.0, 1.0]


def test_a_far_future_payment_leaves_windows_and_clock_alone(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    core = make_core()
    core.apply(batch_of(seed_controls))
    core.apply(batch_of([record("far", occurred_at=9_999_999_999_000)], first=len(seed_controls)))
    appended = NOW + len(seed_controls)
    assert core.admission.engine_time == appended + 5_000


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"", DeadLetterReason.EMPTY),
        (b"nonsense", DeadLetterReason.INVALID_JSON),
        (b'{"type":"payment"', DeadLetterReason.INVALID_JSON),
        (b'{"type":"\xff"}', DeadLetterReason.INVALID_UTF8),
        (b"[" * 100_000, DeadLetterReason.INVALID_FIELD),
        (b'{"type":"payment","x":' + b"[" * 100_000, DeadLetterReason.TOO_DEEP),
        (b"{}", DeadLetterReason.UNKNOWN_TYPE),
        (b'{"type":"refund"}', DeadLetterReason.UNKNOWN_TYPE),
        (b'{"type":7}', DeadLetterReason.UNKNOWN_TYPE),
        (b'{"type":"payment"}', DeadLetterReason.INVALID_FIELD),
        (record("p").replace(b"1250", b"NaN"), DeadLetterReason.INVALID_JSON),
        (record("p").replace(b"1250", b"12.5"), DeadLetterReason.INVALID_FIELD),
        (record("p").replace(b"1250", b"1e400"), DeadLetterReason.INVALID_FIELD),
        (record("p", occurred_at=253_402_300_800_000), DeadLetterReason.INVALID_FIELD),
        (record("p", currency="XXX"), DeadLetterReason.UNKNOWN_CURRENCY),
        (record("p", currency="eur"), DeadLetterReason.UNKNOWN_CURRENCY),
        (record("p", amount=0), DeadLetterReason.AMOUNT_NOT_POSITIVE),
        (record("p", amount=-5), DeadLetterReason.AMOUNT_NOT_POSITIVE),
        (record("p", amount=49), DeadLetterReason.AMOUNT_BELOW_LIMIT),
        (record("p", amount=100_000_000), DeadLetterReason.AMOUNT_ABOVE_LIMIT),
        (record("p", occurred_at=0), DeadLetterReason.STALE),
        (record("p", device_id="4111 1111 1111 1111"), DeadLetterReason.CARD_NUMBER),
        (encode(Control("c", 0, "me", RulesetChange({"rules": 1}))), DeadLetterReason.INVALID_CONTROL),
    ],
)
def test_bad_input_is_a_dead_letter_with_its_reason(
    make_core: MakeCore, seed_controls: list[bytes], value: bytes, reason: DeadLetterReason
) -> None:
    # Engine time must stand somewhere for a payment to be stale.
    assert reason_of(make_core(), [*seed_controls, record("before")], value) == reason


def test_card_numbers_are_masked_in_dead_letters(make_core: MakeCore, seed_controls: list[bytes]) -> None:
    value = record("p", email_token="4111111111111111")
    _, (letter,) = judged(make_core(), seed_controls, [value])
    assert letter.masked
    assert letter.payload is not None
    assert b"411111111111" not in letter.payload
    assert letter.payload_bytes == len(value)


def test_a_payload_too_large_to_keep_is_named_by_hash(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    _, (letter,) = judged(make_core(), seed_controls, [b"x" * 300_000])
    assert letter.payload is None
    assert len(letter.payload_sha256) == 64


def test_a_waiver_lets_tiny_and_zero_amounts_pass(make_core: MakeCore, seed_controls: list[bytes]) -> None:
    waiver = encode(Control("w", NOW, "me", AmountWaiver()))
    found, refused = judged(
        make_core(), [*seed_controls, waiver], [record("a", amount=0), record("b", amount=3)]
    )
    assert (len(found), refused) == (2, [])


def test_without_judges_nothing_is_approved_and_the_decision_says_so(make_core: MakeCore) -> None:
    (decision,), _ = judged(make_core(), [], [record("a")])
    assert decision.verdict == Verdict.REVIEW
    assert decision.degraded == ("model", "ruleset", "policy")
    assert decision.probability is None


def test_an_amount_without_a_rate_is_reviewed(make_core: MakeCore, seed_controls: list[bytes]) -> None:
    (decision,), _ = judged(make_core(), seed_controls, [record("a", currency="XPF", amount=10_000)])
    assert decision.degraded == ("fx",)
    assert decision.verdict in (Verdict.REVIEW, Verdict.DECLINE)


SEED_RULES = [
    ({"amount": 500_000}, 0, ()),
    ({"amount": 500_001}, 30, ("amount",)),
    ({"amount": 500_001, "method": Method(MethodKind.WALLET, "w1")}, 0, ()),
    ({"ip": "2.2.2.2"}, 20, ("country",)),
    ({"method": Method(MethodKind.CARD, "t", "400000", "DE")}, 100, ("bin",)),
]


@pytest.mark.parametrize(("changes", "score", "hits"), SEED_RULES)
def test_seed_rules_give_the_seeds_scores(
    make_core: MakeCore,
    seed_controls: list[bytes],
    changes: dict[str, object],
    score: int,
    hits: tuple[str, ...],
) -> None:
    (decision,), _ = judged(make_core(), seed_controls, [record("a", **changes)])
    assert decision.score == score
    assert len(decision.hits) == len(hits)


def test_the_sixth_payment_of_an_ip_in_an_hour_hits(make_core: MakeCore, seed_controls: list[bytes]) -> None:
    log = [record(f"p{i}", ip="10.0.0.1") for i in range(7)]
    found, _ = judged(make_core(), seed_controls, log)
    assert [decision.score for decision in found] == [0, 0, 0, 0, 0, 50, 50]


def test_eighty_is_not_a_decline_and_eighty_one_is(make_core: MakeCore, seed_controls: list[bytes]) -> None:
    rules = [RULE | {"score": 80}, RULE | {"id": "one", "when": 'bin == "999999"', "score": 1}]
    change = encode(Control("c", NOW, "me", RulesetChange({"name": "edge", "rules": rules})))
    log = [record("a"), record("b", method=Method(MethodKind.CARD, "t9", "999999", "DE"))]
    found, _ = judged(make_core(), [*seed_controls, change], log)
    assert [decision.score for decision in found] == [80, 81]
    assert [decision.verdict == Verdict.DECLINE for decision in found] == [False, True]


def test_a_list_entry_that_a_rule_asks_for_is_an_effect_and_acts_only_when_read_back(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    put = {"list": "seen", "of": "merchant", "hours": 2}
    known = RULE | {"id": "known", "when": 'merchant_id in list("seen")'}
    rules = [RULE | {"score": 1, "put_on_list": put}, known]
    core = make_core()
    change = encode(Control("c", NOW, "me", RulesetChange({"name": "lists", "rules": rules})))
    core.apply(batch_of([*seed_controls, change]))
    first = core.apply(batch_of([record("a"), record("b")], first=50))
    assert [decision.score for decision in decisions(first)] == [1, 1]
    (effect, other) = first.effects
    assert effect.change == ListChange("seen", "m1", True, NOW + 2 * 3_600_000)
    assert effect.id != other.id
    second = core.apply(batch_of([encode(effect), record("c")], first=60))
    assert decisions(second)[0].score == 61


def test_optional_parts_may_be_absent_or_null(make_core: MakeCore, seed_controls: list[bytes]) -> None:
    bare = payment(
        "a",
        customer=None,
        device_id=None,
        ip=None,
        merchant=Merchant("m"),
        method=Method(MethodKind.CARD, "t"),
    )
    found, refused = judged(make_core(), seed_controls, [encode(bare)])
    assert (len(found), refused) == (1, [])


def values_of(core: Core, seed: list[bytes], log: list[bytes], feature: str) -> list[float]:
    """A feature of the new payments of `log`, behind the seed."""
    core.apply(batch_of(seed))
    result = core.apply(batch_of(log, first=len(seed)))
    column = core.catalogue.names.index(feature)
    values: list[float] = np.concatenate([block.matrix[:, column] for block in result.vectors]).tolist()
    return values


def test_outcomes_and_labels_count_from_their_place_on_the_log_and_once(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    fraud, later = label("p0"), label("p0", known_at=NOW + DAY + 5, source="chargeback")
    log = [
        record("p0"),
        encode(DECLINED),
        record("p1"),
        encode(DECLINED),
        encode(msgspec.structs.replace(DECLINED, at=NOW + 3_000)),
        record("p2"),
        encode(fraud),
        encode(later),
        record("p3"),
    ]
    assert values_of(make_core(), seed_controls, log, "card_wrong_cvv_count_24h") == [0, 1, 2, 2]
    assert values_of(make_core(), seed_controls, log, "card_frauds_learned_lifetime") == [0, 0, 0, 1]


def test_a_report_heard_again_changes_no_state_but_the_running_hash(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    once, twice = make_core(), make_core()
    log = [*seed_controls, record("p0"), encode(DECLINED), encode(label("p0"))]
    once.apply(batch_of(log, step=0))
    twice.apply(batch_of([*log, *log[-2:]], step=0))
    assert once.features.logical_hash() == twice.features.logical_hash()
    assert once.admission.engine_time == twice.admission.engine_time
    assert once.state_hash != twice.state_hash


def refunded(events: Events) -> np.ndarray:
    code = OUTCOME_CODES[OutcomeKind.REFUNDED, None]
    return np.where(events.code == code, events.amount, 0)


REFUNDED_SUM = m.Measure(
    "{entity}_refunded_sum_{window}",
    "EUR cents",
    "refunds in the last {window}",
    m.Op.SUM,
    Stream.OUTCOME,
    m.Tally("refunded_amount", Stream.OUTCOME, m.AMOUNT_MAX, refunded),
)


def test_outcomes_of_other_currencies_count_in_euro(make_core: MakeCore, seed_controls: list[bytes]) -> None:
    catalogue = Catalogue(
        CATALOGUE.by_name.values(),
        (*CATALOGUE.families, Family("merchant", REFUNDED_SUM, ("30d",))),
        CATALOGUE.attributes,
    )
    core = Core("test", catalogue, Context(catalogue, make_core().context.artefacts))
    refunds = [
        encode(outcome("p0", kind=OutcomeKind.REFUNDED, currency=currency, amount=10_000, at=NOW + at))
        for at, currency in enumerate(("EUR", "JPY"))
    ]
    (euro,) = values_of(core, seed_controls, [*refunds, record("a")], "merchant_refunded_sum_30d")
    assert 10_000 < euro < 20_000


def test_added_features_are_warming_until_full_and_leave_the_verdict_alone(
    make_core: MakeCore, seed_controls: list[bytes], artefacts: ArtefactStore
) -> None:
    old, begun = make_core(), batch_of([*seed_controls, record("p0")])
    old.apply(begun)
    families = (*CATALOGUE.families, Family("card", REFUNDED_SUM, ("3d",)))
    newer = Catalogue(CATALOGUE.by_name.values(), families, CATALOGUE.attributes)
    features = FeatureState.from_arrays(newer, old.features.arrays())
    admission = Admission.from_arrays(old.admission.arrays(), 7 * DAY, 10**6)
    core = Core(
        "test", newer, Context.restored(newer, artefacts.load, old.context.document()), admission, features
    )
    full = core.features.full_at
    assert full - old.features.engine_time == 3 * DAY
    log = [record(f"q{at}", occurred_at=at) for at in (NOW + 1_000, full - 1, full)]
    batch = batch_of(log, first=50, step=0)
    batch.appended = [full] * len(batch)
    found = decisions(core.apply(batch))
    assert [decision.degraded for decision in found] == [("warming",), ("warming",), ()]
    throughout = Core("test", newer, Context(newer, artefacts.load))
    throughout.apply(begun)
    expected = decisions(throughout.apply(batch))
    assert not any(decision.degraded for decision in expected)
    assert [decision.verdict for decision in found] == [decision.verdict for decision in expected]
