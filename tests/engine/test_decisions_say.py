"""What decisions say beside the verdict: who decided, rules, authentication, reasons; and that duplicates
repeat it.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from models.messages.codec import encode
from models.messages.decision import Decision, Sca, Verdict
from models.messages.outcome import OutcomeKind
from models.messages.payment import (
    Authentication,
    Channel,
    Customer,
    Merchant,
    Method,
    MethodKind,
    Phase,
)
from streams.engine.core import Core
from streams.engine.result import BatchResult
from tests.engine.engine_log import DAY, NOW, batch_of, outcome, record
from tests.engine.judges import (
    BAND,
    EVERY_ACTION,
    HELD_OUT,
    MANY,
    policy_live,
    rule,
    rules_live,
    soft_declined,
)

MakeCore = Callable[[], Core]


def decisions(result: BatchResult) -> list[Decision]:
    return [msgspec.json.decode(answer.body, type=Decision) for answer in result.answers]


@pytest.fixture
def judged(make_core: MakeCore, seed_controls: list[bytes]) -> Callable[..., list[Decision]]:
    """The decisions of a log behind the seed."""

    def judge(*log: bytes) -> list[Decision]:
        core = make_core()
        core.apply(batch_of(seed_controls))
        result = core.apply(batch_of(list(log), first=len(seed_controls)))
        assert not result.dead_letters, result.dead_letters
        return decisions(result)

    return judge


Judged = Callable[..., list[Decision]]
ACTIONS = [
    ({"action": "legal_block"}, "decline", "legal_block"),
    ({"action": "block"}, "decline", "block"),
    ({"action": "allow"}, "approve", "allow"),
    ({"action": "review"}, "review", "review_rule"),
    ({"action": "challenge"}, "challenge", "challenge_rule"),
    ({"score": 81}, "decline", "score"),
    ({"tag": "seen"}, "approve", "policy"),
]


@pytest.mark.parametrize(("action", "verdict", "decided_by"), ACTIONS)
def test_a_decision_says_what_brought_it_about(
    judged: Judged, action: dict[str, Any], verdict: str, decided_by: str
) -> None:
    live = rules_live(rule("euros", 'currency == "EUR"', **action))
    (decision,) = judged(live, record("a"))
    assert (decision.verdict, decision.decided_by, decision.hits) == (verdict, decided_by, ("euros",))
    assert decision.reasons[0].code == "euros"
    assert decision.reasons[0].text == "what euros says"


def test_the_rule_that_decided_is_the_first_reason_and_its_level_is_told(judged: Judged) -> None:
    live = rules_live(
        rule("other", "amount > 0", tag="paid"),
        rule("stern", "amount > 0", action="block"),
        rule("stern", "amount > 0", action="review", group="few"),
        rule("stern", "amount > 0", action="allow", merchant="m1"),
        groups={"few": ["m1", "m2"]},
    )
    log = [
        record(
            f"p{n}",
            method=Method(MethodKind.CARD, f"tok_{n}", "520000", "DE"),
            customer=Customer(f"c{n}", NOW - 400 * DAY),
            device_id=f"d{n}",
            merchant=Merchant(f"m{n}"),
        )
        for n in (1, 2, 3)
    ]
    found = judged(live, *log)
    assert [d.level for d in found] == ["merchant m1", "group few", "global"]
    assert [d.verdict for d in found] == [Verdict.APPROVE, Verdict.REVIEW, Verdict.DECLINE]
    assert found[2].reasons[0].code == "stern"
    assert all(d.tags == ("paid",) for d in found)


def test_rules_on_trial_are_told_and_change_nothing(judged: Judged) -> None:
    live = rules_live(rule("trial", "amount > 0", action="block", mode="shadow"))
    (decision,) = judged(live, record("a"))
    assert (decision.verdict, decision.hits, decision.shadow_hits) == (Verdict.APPROVE, (), ("trial",))


def test_a_duplicate_repeats_all_its_original_said_whatever_goes_live_between(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    log = [
        *(record("a"), record("b", amount=100_000), record("c", currency="JPY", amount=3_000)),
        record("d", method=Method(MethodKind.BANK_DEBIT, "t")),
        soft_declined("a"),
        record("a", attempt=2),
    ]
    core = make_core()
    first = core.apply(batch_of([*seed_controls, EVERY_ACTION, BAND, HELD_OUT, *log]))
    again = core.apply(batch_of([*seed_controls, policy_live(), *log], first=50))
    bodies = [answer.body for answer in first.answers]
    assert bodies == [answer.body.replace(b',"duplicate":true', b"", 1) for answer in again.answers]
    assert core.admission.sequence == len(bodies) == 5
    said = decisions(first)
    assert max(len(d.hits) for d in said) >= MANY
    assert said[1].tags == ("tag-0", "tag-1", "tag-2")
    assert any(d.shadow_hits for d in said)
    assert all(d.propensity is not None for d in said)


def test_a_soft_decline_forces_the_challenge_on_the_next_attempt_only(judged: Judged) -> None:
    log = [
        record("a"),
        soft_declined("a"),
        record("b"),
        record("a", attempt=2),
        record("a", attempt=2, phase=Phase.POST_3DS, authentication=Authentication("2.2", "Y", "05")),
    ]
    found = judged(*log)
    assert [d.verdict for d in found] == ["approve", "approve", "challenge", "approve"]
    assert found[2].decided_by == "soft_decline"
    assert found[2].sca == Sca("required", "merchant")
    assert found[3].sca is not None
    assert found[3].sca.liability == "issuer"


def test_rules_see_that_an_attempt_was_soft_declined(judged: Judged) -> None:
    live = rules_live(rule("again", "soft_declined", tag="again"))
    found = judged(live, record("a"), soft_declined("a"), record("a", attempt=2))
    assert [d.tags for d in found] == [(), ("again",)]


@pytest.mark.parametrize("phase", [Phase.POST_3DS, Phase.POST_AUTH])
def test_nothing_is_challenged_once_it_is_too_late(judged: Judged, phase: Phase) -> None:
    challenge_all = policy_live(
        probability={"challenge_from": 0, "review_from": 999_999, "decline_from": 1_000_000}
    )
    hint = Authentication("2.2", "Y", "05")
    found = judged(
        challenge_all, record("a"), record("a", phase=phase), record("b", phase=phase, authentication=hint)
    )
    assert [d.verdict for d in found] == ["challenge", "review", "approve"]


def test_low_value_is_exempt_until_a_card_has_spent_its_share(judged: Judged) -> None:
    log = [record(f"p{n}", amount=2_999) for n in range(8)]
    paid = judged(*log)
    assert [d.sca.exemption if d.sca else "" for d in paid] == ["low_value"] * 6 + [None] * 2
    assert {d.sca.liability for d in paid if d.sca and d.sca.exemption} == {"acquirer"}
    proven = encode(outcome("p7", kind=OutcomeKind.AUTHENTICATED))
    after = judged(*log, proven, record("next", amount=2_999))
    assert after[-1].sca == Sca("exempt", "acquirer", "low_value")


def test_a_declined_payment_does_not_count_for_low_value(judged: Judged) -> None:
    log = [record(f"p{n}", amount=2_999) for n in range(6)]
    declined = [
        encode(outcome(f"p{n}", kind=OutcomeKind.DECLINED, amount=2_999, at=NOW + 2_000 + n)) for n in (0, 1)
    ]
    found = judged(*log, *declined, record("next", amount=2_999))
    assert found[-1].sca == Sca("exempt", "acquirer", "low_value")


def test_risk_analysis_goes_by_the_band_of_entity_and_quarter(judged: Judged) -> None:
    rules = {"sca": {"entity": "shop-eu", "tra_probability_below": 1_000_000}}
    log = [record("a", amount=20_000), BAND, record("b", amount=20_000), record("c", amount=30_000)]
    later = record("d", amount=20_000, occurred_at=NOW + 60 * DAY)
    found = judged(policy_live(**rules), *log)
    assert [d.sca.exemption if d.sca else "" for d in found] == [None, "risk_analysis", None]
    (next_quarter,) = judged(policy_live(**rules), BAND, later)[-1:]
    assert next_quarter.sca is not None


OUTSIDE = [
    ({"channel": Channel.POS}, Sca("out_of_scope", "unknown", scope="not_remote")),
    ({"channel": Channel.MOTO}, Sca("out_of_scope", "merchant", scope="mail_or_telephone")),
    ({"merchant": Merchant("m1", "5411", "US")}, Sca("out_of_scope", "merchant", scope="one_leg_out")),
    ({"method": Method(MethodKind.BANK_TRANSFER, "t")}, None),
]


@pytest.mark.parametrize(("changes", "expected"), OUTSIDE)
def test_what_the_law_does_not_ask_of_is_out_of_scope(
    judged: Judged, changes: dict[str, Any], expected: Sca | None
) -> None:
    (decision,) = judged(record("a", **changes))
    assert decision.sca == expected


CANNOT_BE_CHALLENGED = [
    {"channel": Channel.POS},
    {"channel": Channel.MOTO},
    {"channel": Channel.RECURRING},
    {"method": Method(MethodKind.BANK_TRANSFER, "t")},
]


@pytest.mark.parametrize("changes", CANNOT_BE_CHALLENGED)
def test_only_payers_online_with_a_card_are_challenged(judged: Judged, changes: dict[str, Any]) -> None:
    live = rules_live(rule("ask", "amount >= 1250", action="challenge"))
    online, app, other = judged(live, record("a"), record("b", channel=Channel.APP), record("c", **changes))
    assert (online.verdict, app.verdict) == (Verdict.CHALLENGE, Verdict.CHALLENGE)
    assert other.verdict is not Verdict.CHALLENGE


def test_an_amount_without_a_rate_is_no_low_value(judged: Judged) -> None:
    (decision,) = judged(record("a", currency="XPF", amount=10_000))
    assert decision.sca == Sca("required", "merchant")


def test_what_is_not_approved_says_what_the_model_found_and_a_text_that_names_no_rule(
    judged: Judged,
) -> None:
    live = rules_live(rule("secret_trap", "amount >= 1250", action="block"))
    blocked, approved = judged(live, record("a"), record("b", amount=1_000))
    assert approved.reasons == ()
    assert approved.merchant_text is None
    assert blocked.reasons[0].code == "secret_trap"
    assert blocked.merchant_text
    assert not any(word in blocked.merchant_text for word in ("rule", "secret", "trap", "model"))
    french = Method(MethodKind.CARD, "tok_9", "411111", "FR")
    new = Customer("c9", NOW - 3_600_000)
    (found,) = judged(record("c", ip="5.5.5.5", amount=700_000, customer=new, method=french))
    codes = [reason.code for reason in found.reasons if reason.code.isupper()]
    assert 1 <= len(codes) <= 3


def test_the_merchant_is_told_the_same_of_any_rule(judged: Judged) -> None:
    texts = set()
    for when in ("amount > 0", 'currency == "EUR"'):
        (decision,) = judged(rules_live(rule("one", when, action="block")), record("a"))
        texts.add(decision.merchant_text)
    assert len(texts) == 1


def test_rules_read_authentication_metadata_and_tokens(judged: Judged) -> None:
    conditions = {
        "result": 'three_ds_result == "N"',
        "version": 'three_ds_version starts_with "2"',
        "eci": 'eci == "07"',
        "cvv": 'cvv_result == "N"',
        "avs": 'avs_result == "N"',
        "basket": "metadata.basket > 3",
        "token": 'device == "d1" and card == "tok_1"',
        "grouped": "mcc_group is known",
        "issuer": 'issuer_country == "DE"',
        "unshifted": "not liability_shift",
        "unknown": "challenger_probability is missing and bin_type is missing and bin_prepaid is missing",
    }
    live = rules_live(*(rule(id, when, tag=id) for id, when in conditions.items()))
    hint = Authentication("2.2", "N", "07", liability_shift=False, avs_result="N", cvv_result="N")
    (decision,) = judged(live, record("a", authentication=hint, metadata={"basket": 4, "gift": True}))
    assert set(decision.hits) == set(conditions)
    assert decision.degraded == ()


def test_the_holdout_approves_within_its_daily_cap_and_says_how_likely_that_was(judged: Judged) -> None:
    log = [record(f"p{n}", method=Method(MethodKind.WALLET, f"w{n}"), amount=1_000) for n in range(40)]
    found = judged(HELD_OUT, *log)
    drawn = [d for d in found if d.decided_by == "holdout"]
    assert len(drawn) == 3
    assert all(d.verdict == Verdict.APPROVE and d.propensity == 0.5 for d in drawn)
    assert found[-1].propensity == 0.0
