"""A soft decline comes back with the challenge forced; anything else does not."""

import numpy as np
import pytest

from models.messages.outcome import DeclineGroup, Outcome, OutcomeKind, Tokens
from models.messages.payment import Method, MethodKind
from models.sca.soft_declines import (
    ASKED,
    EXPIRY_MS,
    SOFT_DECLINED,
    SoftDeclines,
    is_soft_decline,
    key_of,
)

VISA, MASTERCARD = "400000", "530000"


def outcome(
    code: str | None = None,
    group: DeclineGroup | None = None,
    bin_digits: str | None = VISA,
    kind: OutcomeKind = OutcomeKind.DECLINED,
) -> Outcome:
    tokens = Tokens(Method(MethodKind.CARD, "c1", bin_digits), "m1")
    return Outcome(
        "shop", "p1", kind, 2, 1, 100, "EUR", tokens, decline_group=group, response_code=code
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (outcome("1A"), True),
        (outcome("1a"), True),
        (outcome("65", bin_digits=MASTERCARD), True),
        (outcome("65", bin_digits=VISA), False),
        (outcome("65", bin_digits=None), False),
        (outcome("65", DeclineGroup.AUTHENTICATION_REQUIRED, None), True),
        (outcome(group=DeclineGroup.AUTHENTICATION_REQUIRED), True),
        (outcome("51", DeclineGroup.INSUFFICIENT_FUNDS), False),
        (outcome("05"), False),
        (outcome(), False),
        (outcome("1A", kind=OutcomeKind.AUTHORISED), False),
        (outcome(group=DeclineGroup.AUTHENTICATION_REQUIRED, kind=OutcomeKind.REFUNDED), False),
    ],
)
def test_soft_declines_are_told_by_group_or_by_the_schemes_code(found: Outcome, expected: bool) -> None:
    assert is_soft_decline(found) is expected


def run(state: SoftDeclines, *events: tuple[int, int, int, int]) -> list[bool]:
    """Events (payment, time, attempt, kind)."""
    columns = [np.array(column) for column in zip(*events, strict=True)]
    forced: list[bool] = state.run(columns[0].astype(np.uint64), *columns[1:]).tolist()
    return forced


def test_only_later_attempts_of_the_same_payment_are_forced() -> None:
    found = run(
        SoftDeclines(100),
        (1, 0, 1, ASKED),
        (1, 1, 1, SOFT_DECLINED),
        (1, 2, 1, ASKED),
        (1, 2, 2, ASKED),
        (2, 2, 2, ASKED),
        (1, 3, 3, ASKED),
    )
    assert found == [False, False, False, True, False, True]


def test_an_older_report_that_comes_late_does_not_undo_a_newer_one() -> None:
    found = run(SoftDeclines(9), (1, 0, 2, SOFT_DECLINED), (1, 0, 1, SOFT_DECLINED), (1, 1, 2, ASKED))
    assert found[2] is False
    assert run(SoftDeclines(9), (1, 0, 2, SOFT_DECLINED), (1, 1, 3, ASKED))[1] is True


def test_a_soft_decline_is_forgotten_after_the_expiry_and_not_before() -> None:
    declined = (1, 9, 1, SOFT_DECLINED)
    assert run(SoftDeclines(9), declined, (1, 8 + EXPIRY_MS, 2, ASKED))[1] is True
    assert run(SoftDeclines(9), declined, (1, 9 + EXPIRY_MS, 2, ASKED))[1] is False
    after = run(
        SoftDeclines(9),
        (1, 9, 5, SOFT_DECLINED),
        (1, 9 + EXPIRY_MS, 1, SOFT_DECLINED),
        (1, 9 + EXPIRY_MS, 2, ASKED),
    )
    assert after[2] is True


def test_a_snapshot_between_decline_and_retry_changes_nothing() -> None:
    state = SoftDeclines(100)
    run(state, (1, 0, 1, SOFT_DECLINED), (2, 0, 3, SOFT_DECLINED))
    again = SoftDeclines.from_arrays(state.arrays())  # type: ignore[arg-type]
    assert again.logical_hash() == state.logical_hash()
    assert run(again, (1, 1, 2, ASKED), (2, 1, 3, ASKED), (2, 1, 4, ASKED)) == [True, False, True]
    assert again.logical_hash() == state.logical_hash()
    assert SoftDeclines(100).logical_hash() != state.logical_hash()


def test_at_most_so_many_payments_are_remembered_the_newest_of_them() -> None:
    state = SoftDeclines(8)
    run(state, *((payment, payment, 1, SOFT_DECLINED) for payment in range(1, 10)))
    assert run(state, (1, 10, 2, ASKED), (2, 10, 2, ASKED), (9, 10, 2, ASKED)) == [False, True, True]


def test_account_and_payment_id_do_not_run_into_each_other() -> None:
    assert key_of("ab", "c") != key_of("a", "bc")
    assert key_of("a", "b") == key_of("a", "b")
