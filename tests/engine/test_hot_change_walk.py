"""What `tests/checks/hot_change.py` must find: a lost decision, a wrong ruleset, an entry out of place."""

import msgspec
import pytest

from models.messages.control import Control, ListChange, RulesetChange
from models.messages.decision import Decision, Verdict, Versions
from models.messages.payment import Method, MethodKind
from models.versions import content_version
from tests.checks.hot_change import LIST, RULE, Different, Walk, ruleset
from tests.engine.engine_log import NOW, payment

PAYMENT = payment("a", method=Method(MethodKind.CARD, "tok_1", "520000"))
DECISION = Decision(
    "hot", 1, "acme", "a", 1, PAYMENT.phase, Verdict.APPROVE, 0.1, 0, (RULE,), 1250, "EUR", 1250,
    MethodKind.CARD, "m1", "DE", NOW, NOW, NOW, Versions("c", "m", content_version(ruleset(1)), "p"),
)  # fmt: skip


def walked(expires_at: int | None = None) -> Walk:
    walk = Walk()
    for change in (
        RulesetChange(ruleset(0)),
        RulesetChange(ruleset(1)),
        ListChange(LIST, "520000", True, expires_at),
    ):
        walk.control(Control("c", NOW, "me", change))
    return walk


def changed(**fields: object) -> Decision:
    return msgspec.structs.replace(DECISION, **fields)


def test_a_decision_by_what_the_log_says_passes() -> None:
    walk = walked()
    walk.payment(PAYMENT, DECISION)
    assert (walk.payments, walk.hits, walk.acted) == (1, 1, 1)
    walked(expires_at=NOW).payment(PAYMENT, changed(hits=()))


@pytest.mark.parametrize(
    "decision",
    [
        None,
        changed(payment_id="b"),
        changed(duplicate=True),
        changed(degraded=("model",)),
        changed(versions=Versions("c", "m", content_version(ruleset(0)), "p")),
        changed(hits=()),
        changed(engine_time=NOW + 10_000),
    ],
)
def test_any_other_decision_is_different(decision: Decision | None) -> None:
    with pytest.raises(Different):
        walked(expires_at=NOW + 10_000).payment(PAYMENT, decision)
