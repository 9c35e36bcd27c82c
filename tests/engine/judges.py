"""Judges for logs of tests: rules of every action, and policies that use all that the log remembers."""

from typing import Any

from models.messages.codec import encode
from models.messages.control import Control, PolicyChange, ReviewLoad, RulesetChange, TraBand
from models.messages.outcome import DeclineGroup, OutcomeKind
from tests.engine.engine_log import NOW, outcome

MANY = 70
"""Rules, more than one word of bits holds."""

THRESHOLDS = {"challenge_from": 400_000, "review_from": 600_000, "decline_from": 900_000}


def rule(id: str, when: str, **action: Any) -> dict[str, Any]:
    return {"id": id, "description": f"what {id} says", "owner": "o", "when": when} | action


def ruleset(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "of tests", "version": 2, "rules": list(rules)} | more


def control(change: Any, id: str = "c") -> bytes:
    return encode(Control(id, NOW, "me", change))


def rules(*documents: dict[str, Any], **more: Any) -> RulesetChange:
    return RulesetChange(ruleset(*documents, **more))


def rules_live(*documents: dict[str, Any], **more: Any) -> bytes:
    return control(rules(*documents, **more))


def policy_live(**more: Any) -> bytes:
    return control(PolicyChange({"name": "of tests", "probability": THRESHOLDS} | more))


PUTS = rule("seen", 'not (bin in list("seen_bins"))', put_on_list={"list": "seen_bins", "of": "bin"})
"""Puts every BIN on a list when it comes for the first time."""

EVERY_ACTION = rules_live(
    *[rule(f"rule_{number}", f"amount > {number * 20}", tag=f"tag-{number % 3}") for number in range(MANY)],
    rule("yen", 'currency == "JPY"', action="allow"),
    rule("french", 'method_country == "FR"', action="block"),
    rule("again", "soft_declined", action="review"),
    rule("trial", "amount > 1000", action="block", mode="shadow"),
    rule("asked", 'phase == "pre_auth" and amount < 1000', action="challenge"),
    rule("asked", "amount < 2000", action="challenge", merchant="m1"),
)
HOLDOUT = {"share": 500_000, "daily_cap": 3_000, "salt": "tests"}
HELD_OUT = policy_live(
    probability={"challenge_from": 0, "review_from": 1, "decline_from": 2},
    holdout=HOLDOUT,
    sca={"entity": "shop-eu", "enforce": True},
)
BY_COST = control(
    PolicyChange({"name": "by cost", "version": 2, "party": "merchant", "sca": {"entity": "shop-eu"}})
)
BUSY = control(ReviewLoad(500, 10, NOW))
BAND = control(TraBand("shop-eu", "2026-Q2", 250, "0" * 64))


def soft_declined(id: str, **changes: Any) -> bytes:
    """The issuer wants the payment again, authenticated."""
    said = {"kind": OutcomeKind.DECLINED, "decline_group": DeclineGroup.AUTHENTICATION_REQUIRED} | changes
    return encode(outcome(id, **said))
