"""Item 1: the right to write one topic is the right to send what that topic carries, and no more."""

import json
import time
from pathlib import Path

from tests.attacks.attack import attack
from tests.attacks.insider import rule, ruleset
from tests.attacks.stage import Stage

EXAMPLES = Path(__file__).parents[2] / "examples"
WRONG = "wrong_topic"


def plain_control(change: dict[str, object], id: str = "forged") -> bytes:
    """A control as anybody can write it, unsigned."""
    now = int(time.time() * 1000)
    document = {
        "type": "control",
        "id": f"{id}-{now}",
        "issued_at": now,
        "author": "mallory",
        "change": change,
    }
    return json.dumps(document).encode()


NO_RULES: dict[str, object] = {"kind": "ruleset", "ruleset": ruleset(rule("nothing", "amount < 0 EUR"))}


@attack(
    1, "producer of payments", "write to ENGINE.payments",
    "a ruleset there is a dead letter `wrong_topic`; the ruleset in effect stays",
)  # fmt: skip
def ruleset_on_the_payments_topic(stage: Stage) -> str:
    seen = stage.letter(stage.send("payments", plain_control(NO_RULES)), WRONG)
    copied = stage.records("controls")[-1].value()
    return f"{seen}; a copied control: {stage.letter(stage.send('payments', copied), WRONG)}"


@attack(
    1, "producer of payments", "write to ENGINE.payments",
    "a label or outcome there is a dead letter `wrong_topic`: nobody calls his own fraud legitimate",
)  # fmt: skip
def label_on_the_payments_topic(stage: Stage) -> str:
    label = (EXAMPLES / "label" / "minimal_tokens.json").read_bytes()
    outcome = (EXAMPLES / "outcome" / "authorised.json").read_bytes()
    return ", ".join(stage.letter(stage.send("payments", value), WRONG) for value in (label, outcome))


@attack(
    1, "producer of labels", "write to ENGINE.labels",
    "a payment there is a dead letter `wrong_topic`, and is not decided",
)  # fmt: skip
def payment_on_the_labels_topic(stage: Stage) -> str:
    return stage.letter(stage.send("labels", stage.records("payments")[0].value()), WRONG)
