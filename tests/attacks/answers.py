"""Item 7: no message leaves a customer waiting for ever."""

import json

from tests.attacks.attack import attack, demand
from tests.attacks.records import payment
from tests.attacks.stage import Stage
from tests.crash.hostile_payments import PANS


@attack(
    7, "fraudster", "put a card number into free text that a shop passes on",
    "the payment is decided; the text is masked, and the decision says so",
)  # fmt: skip
def card_number_in_free_text(stage: Stage) -> str:
    document = payment(stage, metadata={"note": f"my card is {PANS[0]}, thanks"})
    answer = stage.answer(stage.send("payments", json.dumps(document).encode()))
    demand(answer["payment_id"] == document["payment_id"], f"the answer is on {answer['payment_id']}")
    demand(PANS[0] not in json.dumps(answer), "the answer repeats the card number")
    return f"{answer['type']}, redacted: {answer.get('redacted')}"


@attack(
    7, "fraudster", "make a shop send more metadata than is taken",
    "the payment is answered by a `refusal` that names the field",
)  # fmt: skip
def too_much_metadata(stage: Stage) -> str:
    document = payment(stage, metadata={f"k{n}": n for n in range(51)})
    place = stage.send("payments", json.dumps(document).encode())
    answer = stage.answer(place)
    demand(answer["payment_id"] == document["payment_id"], f"the answer is on {answer['payment_id']}")
    stage.watch.wait(lambda: stage.watch.letters.get(place), 10)
    letters = json.dumps(stage.watch.letters.get(place, []))
    demand(str(document["payment_id"]) in letters, "the dead letter does not name the payment")
    return f"{answer['type']} {answer.get('reason')} at {answer.get('field')}"


@attack(
    7, "fraudster", "make a shop send a field of the wrong type",
    "the payment is answered by a `refusal`",
)  # fmt: skip
def wrong_type_of_a_field(stage: Stage) -> str:
    answer = stage.answer(stage.send("payments", json.dumps(payment(stage, ip=7)).encode()))
    return f"{answer['type']} {answer.get('reason')} at {answer.get('field')}"


@attack(
    9, "producer of payments", "write an amount twice into one payment",
    "it is a dead letter `duplicate_key`: what a gateway checked is what is decided, or nothing is",
)  # fmt: skip
def duplicate_keys(stage: Stage) -> str:
    seen = []
    for twice in (b'"amount": 100', b'"\\u0061mount": 100', b'"metadata": {"a": 1, "a": 2}'):
        value = json.dumps(payment(stage)).encode()[:-1] + b", " + twice + b"}"
        seen.append(stage.letter(stage.send("payments", value), "duplicate_key"))
    return ", ".join(seen)
