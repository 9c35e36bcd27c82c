"""Item 8: a ruleset cannot be a weapon."""

import json
import time
from typing import Any

import yaml

from models.messages.control import PolicyChange, RulesetChange
from models.seed import seed_policy
from tests.attacks.attack import attack, demand
from tests.attacks.insider import publish, rule, ruleset
from tests.attacks.records import payment
from tests.attacks.stage import Stage
from tests.crash.committed import committed

OWN_BIN = "411111"
PER_HOUR = 100
LIGHT = ruleset(rule("light", "amount > 5000 EUR"))


def slow_to_compile() -> dict[str, Any]:
    """Twenty levels of `a == b == c`, in which each side was compiled for each level above."""
    text = "(amount > 1 EUR)"
    for _ in range(20):
        text = f"((amount > 2 EUR) == {text} == (amount > 3 EUR))"
    return ruleset(rule("nested", text))


def slow_to_judge() -> dict[str, Any]:
    """Tens of thousands of texts looked for in one field of every payment."""
    rules = []
    for number in range(52):
        texts = ", ".join(f'"{chr(0x100 + number)}{n}"' for n in range(400))
        rules.append(rule(f"texts_{number}", f"email contains ({texts})"))
    return ruleset(*rules)


@attack(
    8, "rule author", "publish a valid ruleset that takes as long as the language allows",
    "it is refused by its cost, or costs a payment less than 2 ms",
)  # fmt: skip
def heavy_ruleset(stage: Stage) -> str:
    seen = []
    for name, heavy in (("compile", slow_to_compile()), ("judge", slow_to_judge())):
        seen.append(f"slow to {name}: {_tried(stage, heavy)}")
    publish(stage, RulesetChange(LIGHT))
    return ", ".join(seen)


def _tried(stage: Stage, heavy: dict[str, Any]) -> str:
    began = time.monotonic()
    (place,) = publish(stage, RulesetChange(heavy))
    stage.watch.wait(lambda: stage.watch.covers(place), 180)
    taken_s = time.monotonic() - began
    demand(taken_s < 10, f"the engine was busy with the ruleset for {taken_s:.0f} s")
    letters = stage.watch.letters.get(place, [])
    demand(not letters or "step" in str(letters) or "work" in str(letters), f"refused by {letters}")
    return str(letters[0]["reason"]) if letters else _each(stage)


def _each(stage: Stage) -> str:
    """What a payment costs under the ruleset in effect."""
    values = [json.dumps(payment(stage, email_token="y" * 128)).encode() for _ in range(500)]
    began = time.monotonic()
    stage.wait_read(*stage.send_all("payments", [(None, value) for value in values]))
    each_ms = (time.monotonic() - began) / len(values) * 1000
    demand(each_ms < 2, f"it went live and costs {each_ms:.1f} ms a payment")
    return f"{each_ms:.2f} ms a payment"


def entries(stage: Stage, start: int) -> set[str]:
    """Values that controls from this offset on put on the list. A payment of a listed value prolongs its
    entry by another control, which the limit of an hour does not count.
    """
    records = committed(stage.bootstrap, f"{stage.engine}.controls", start)
    changes = [json.loads(record.value())["signed"]["control"]["change"] for record in records]
    return {change["value"] for change in changes if change.get("list") == "blocked_bins"}


@attack(
    8, "fraudster", "have values of his choice put on lists by a rule that he knows",
    "a protected value is never put there, and the entries of an hour are bounded",
)  # fmt: skip
def own_bin_on_a_list(stage: Stage) -> str:
    policy = yaml.safe_load(yaml.safe_dump(seed_policy()))
    policy["list_puts"] = {"per_hour": PER_HOUR, "protected": {"bin": [OWN_BIN]}}
    (protecting,) = publish(stage, PolicyChange(policy))
    stage.wait_read(protecting)
    demand(not stage.watch.letters.get(protecting), "no policy can protect a value")
    put = {"list": "blocked_bins", "of": "bin", "hours": 1}
    (place,) = publish(stage, RulesetChange(ruleset(rule("block_all", "amount > 0 EUR", put_on_list=put))))
    stage.wait_read(place)
    demand(not stage.watch.letters.get(place), "the rule was refused: the attack proves nothing")
    bins = [OWN_BIN, *(str(500_000 + n) for n in range(10 * PER_HOUR))]
    methods = [{"kind": "card", "token": f"t{digits}", "bin": digits} for digits in bins]
    values = [json.dumps(payment(stage, method=method)).encode() for method in methods]
    stage.wait_read(*stage.send_all("payments", [(None, value) for value in values]))
    publish(stage, RulesetChange(LIGHT))
    time.sleep(2)
    new = entries(stage, place[1] + 1)
    demand(not any(OWN_BIN in value for value in new), "the bank's own BIN is blocked")
    demand(0 < len(new) <= PER_HOUR, f"{len(new)} new entries, {PER_HOUR} an hour are allowed")
    return f"own BIN protected, {len(new)} new entries of {len(bins):,} asked for"
