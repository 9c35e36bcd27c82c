"""Item 8: a ruleset cannot be a weapon."""

import json
import time

from models.messages.control import RulesetChange
from tests.attacks.attack import attack, demand
from tests.attacks.insider import publish, rule, ruleset
from tests.attacks.records import payment
from tests.attacks.stage import Stage
from tests.crash.committed import committed

OWN_BIN = "411111"


@attack(
    8, "rule author", "publish a valid ruleset that takes as long as the language allows",
    "it is refused by its cost, or costs a payment less than 2 ms",
)  # fmt: skip
def heavy_ruleset(stage: Stage) -> str:
    texts = " or ".join(f'metadata("k{n}") contains "x{n}"' for n in range(100))
    heavy = ruleset(*(rule(f"heavy_{n}", f'{texts} or device_id contains "{n}"') for n in range(200)))
    (place,) = publish(stage, RulesetChange(heavy))
    stage.watch.wait(lambda: stage.watch.covers(place), 120)
    demand(stage.watch.covers(place), "the engine was busy with the ruleset for two minutes")
    letters = stage.watch.letters.get(place, [])
    if letters:
        return f"dead letter {letters[0]['reason']}"
    values = [json.dumps(payment(stage, metadata={"k1": "y" * 1_000})).encode() for _ in range(500)]
    began = time.monotonic()
    stage.wait_read(*stage.send_all("payments", [(None, value) for value in values]))
    each_ms = (time.monotonic() - began) / len(values) * 1000
    publish(stage, RulesetChange(ruleset(rule("light", "amount > 5000 EUR"))))
    demand(each_ms < 2, f"it went live and costs {each_ms:.1f} ms a payment")
    return f"{each_ms:.2f} ms a payment"


@attack(
    8, "rule author", "publish a rule that puts values on lists",
    "a rule cannot block a bank's own BIN, and the entries of an hour are bounded",
)  # fmt: skip
def own_bin_on_a_list(stage: Stage) -> str:
    put = {"list": "blocked_bins", "of": "bin", "hours": 1}
    (place,) = publish(stage, RulesetChange(ruleset(rule("block_all", "amount > 0 EUR", put_on_list=put))))
    stage.wait_read(place)
    if stage.watch.letters.get(place):
        return f"dead letter {stage.watch.letters[place][0]['reason']}"
    own = payment(stage, method={"kind": "card", "token": "t-own", "bin": OWN_BIN, "country": "DE"})
    stage.answer(stage.send("payments", json.dumps(own).encode()))
    many = [
        payment(stage, method={"kind": "card", "token": f"t{n}", "bin": str(500_000 + n)})
        for n in range(3_000)
    ]
    stage.wait_read(*stage.send_all("payments", [(None, json.dumps(each).encode()) for each in many]))
    time.sleep(2)
    publish(stage, RulesetChange(ruleset(rule("light", "amount > 5000 EUR"))))
    effects = [r.value() for r in committed(stage.bootstrap, f"{stage.engine}.controls", place[1] + 1)]
    entries = [value for value in effects if b"blocked_bins" in value]
    demand(not any(OWN_BIN.encode() in value for value in entries), "the bank's own BIN is blocked")
    demand(len(entries) < 2_000, f"{len(entries)} entries in seconds")
    return f"own BIN protected, {len(entries)} entries of 3,000 asked for"
