"""All evidence on one payment gives one label, whatever way it comes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.labels.evidence import label_of, not_weaker
from models.labels.facts import Fact, LabelContent, OutcomeFact, VerdictFact
from models.labels.silence import is_silent
from models.labels.strength import strength
from models.messages.dispute import ReversalGround
from models.messages.label import LabelValue
from models.messages.outcome import OutcomeKind, RefundReason
from tests.models.evidence import DAY, PAID, stage, stories


def verdict(label: str, day: int, author: str = "ana") -> VerdictFact:
    return VerdictFact(author, LabelValue(label), PAID + day * DAY)


def money(kind: str, day: int, reason: str | None = None) -> OutcomeFact:
    return OutcomeFact(
        OutcomeKind(kind), PAID + day * DAY, 1250, None if reason is None else RefundReason(reason)
    )


CHARGEBACK = stage("chargeback", 20, "10.4")
NOTICE = stage("fraud_notice", 5, dispute="notice")
CONSUMER = stage("chargeback", 20, "13.1", "other")
LATER_CONSUMER = stage("chargeback", 22, "13.1", "other")
WITHDRAWN = stage("reversed", 30, dispute="d1", ground=ReversalGround.CARDHOLDER_RECOGNISED)
CASES: dict[str, tuple[list[Fact], str | None]] = {
    "a chargeback is stronger than its notice": ([NOTICE, CHARGEBACK], "fraud chargeback"),
    "a notice stands against a consumer's dispute": ([NOTICE, CONSUMER], "fraud fraud_notice"),
    "a reviewer who let it pass did not know": ([verdict("legitimate", 1), CHARGEBACK], "fraud chargeback"),
    "an analyst who knew the dispute stands": ([verdict("friendly", 30), CHARGEBACK], "friendly analyst"),
    "arbitration stands against an analyst": (
        [verdict("friendly", 70), CHARGEBACK, stage("arbitration", 60)],
        "fraud arbitration",
    ),
    "the later verdict stands": ([verdict("fraud", 30), verdict("friendly", 31, "ben")], "friendly review"),
    "unknown takes the label away": ([CHARGEBACK, verdict("unknown", 30)], "unknown analyst"),
    "paid back as fraud": ([money("captured", 1), money("refunded", 3, "fraudulent")], "fraud refund"),
    "paid back on request": ([money("captured", 1), money("refunded", 3, "requested_by_customer")], None),
    "paid back twice by mistake": ([money("refunded", 3, "duplicate")], None),
    "captured": ([money("captured", 1)], None),
    "two disputes for parts, fraud last": ([CONSUMER, CHARGEBACK], "fraud chargeback"),
    "two disputes for parts, fraud first": ([LATER_CONSUMER, CHARGEBACK], "fraud chargeback"),
    "one ended, one open": (
        [CHARGEBACK, WITHDRAWN, stage("chargeback", 40, "10.4", "d2")],
        "legitimate chargeback",
    ),
    "of two open ones the one known last": (
        [CHARGEBACK, stage("chargeback", 19, "10.4", "d2"), stage("representment", 25, "13.1", "d2")],
        "legitimate chargeback",
    ),
}


@pytest.mark.parametrize(("facts", "expected"), CASES.values(), ids=CASES)
def test_what_stands(facts: list[Fact], expected: str | None) -> None:
    found = label_of(facts)
    assert (None if found is None else f"{found.label.value} {found.source}") == expected


@given(stories, st.data())
def test_any_permutation_and_repetition_gives_the_same_label(story: list[Fact], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(story)) + data.draw(st.lists(st.sampled_from(story), max_size=4))
    assert label_of(mixed) == label_of(story)


LATE_OPENING: list[Fact] = [stage("representment", 30, "10.4"), CHARGEBACK]


@given(stories)
@example(LATE_OPENING)
def test_the_strongest_label_sent_is_the_one_sent_last(story: list[Fact]) -> None:
    sent: list[LabelContent] = []
    for known in range(1, len(story) + 1):
        found = label_of(story[:known])
        if found is not None:
            sent.append(not_weaker(found, sent[-1] if sent else None))
    whole = label_of(story)
    assert (whole is None) == (not sent)
    if whole is not None:
        keys = [(strength(label.source, label.final), label.known_at) for label in sent]
        assert keys[-1] == max(keys)
        assert (sent[-1].label, sent[-1].source, sent[-1].weight) == (whole.label, whole.source, whole.weight)


@given(stories)
def test_no_label_is_known_before_what_it_rests_on(story: list[Fact]) -> None:
    found = label_of(story)
    assert found is None or found.known_at in {fact.at for fact in story}


@pytest.mark.parametrize(
    ("facts", "silent"),
    [
        ([money("captured", 1)], True),
        ([], False),
        ([money("authorised", 0)], False),
        ([money("declined", 0)], False),
        ([money("captured", 1), money("refunded", 9)], False),
        ([money("captured", 1), money("refunded", 10)], True),
        ([money("captured", 1), money("voided", 1)], False),
        ([money("captured", 1), stage("chargeback", 5, "12.5")], False),
        ([money("captured", 1), verdict("unknown", 5)], False),
        ([money("captured", 1), money("refunded", 40, "fraudulent")], False),
        ([money("captured", 12)], False),
    ],
)
def test_silent_is_captured_and_neither_paid_back_nor_spoken_of(facts: list[Fact], silent: bool) -> None:
    assert is_silent(facts, PAID + 10 * DAY) is silent
