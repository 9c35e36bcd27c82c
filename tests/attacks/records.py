"""Item 3: no record stops an engine, and none is judged differently by hosts, replays or restarts."""

import json
import time

from confluent_kafka import Producer

from models.messages.control import ModelChange, TableChange
from tests.attacks.attack import attack, demand, fresh
from tests.attacks.insider import publish
from tests.attacks.stage import Stage
from tests.crash.hostile_maker import Maker

BOMB_BYTES = 150 << 20
DAY_MS = 86_400_000


def payment(stage: Stage, **changes: object) -> dict[str, object]:
    """A valid payment of entities that honest customers do not have."""
    maker = Maker(1, int(time.time() * 1000))
    id = fresh(f"attack-{stage.number}-")
    return maker.payment(payment_id=id, device_id=f"d-{id}", customer={"id": f"c-{id}"}) | changes


@attack(
    3, "producer of payments", "write to ENGINE.payments",
    "a zstd record of 5 kB that unpacks to 150 MiB is skipped and said; the engine goes on",
)  # fmt: skip
def compressed_bomb(stage: Stage) -> str:
    producer = Producer(
        {"bootstrap.servers": stage.bootstrap, "compression.type": "zstd", "message.max.bytes": 500_000_000,
         "linger.ms": 0, "batch.size": 500_000_000, "queue.buffering.max.kbytes": 1_000_000}
    )  # fmt: skip
    bomb = json.dumps(payment(stage, x="")).encode()[:-2] + b" " * BOMB_BYTES + b'"}'
    place = stage.send("payments", bomb, producer=producer)
    stage.wait_read(place)
    stage.watch.wait(lambda: stage.watch.letters.get(place), 10)
    reasons = [letter["reason"] for letter in stage.watch.letters.get(place, [])]
    answers = len(stage.watch.answers.get(place, []))
    demand(len(reasons) + answers == 1, f"the bomb became {reasons} and {answers} answers")
    return f"dead letter {reasons[0]}" if reasons else "decided, since it could be read"


@attack(
    3, "model supplier", "publish a model whose artefact nobody has",
    "the control is refused, on this host as on every other",
)  # fmt: skip
def unknown_artefact(stage: Stage) -> str:
    seen = []
    for change in (ModelChange("ab" * 32), TableChange("fx", "cd" * 32)):
        (place,) = publish(stage, change)
        seen.append(stage.letter(place, "artefact_missing", "invalid_control", "unauthorised"))
    return ", ".join(seen)


@attack(
    3, "producer of payments", "send payments as late as it likes",
    "100 payments two days late are each decided, with the lateness said; the engine goes on",
)  # fmt: skip
def late_payments(stage: Stage) -> str:
    late = int(time.time() * 1000) - 2 * DAY_MS
    values = [json.dumps(payment(stage, occurred_at=late + n)).encode() for n in range(100)]
    places = stage.send_all("payments", [(None, value) for value in values])
    stage.wait_read(*places)
    answers = [stage.answer(place) for place in places]
    demand(all(answer["type"] == "decision" for answer in answers), "some were refused")
    return f"100 decisions, degraded: {sorted({word for a in answers for word in a.get('degraded', [])})}"


@attack(
    3, "producer of payments", "send payments of any age",
    "a payment beyond the horizon is a dead letter `stale`",
)  # fmt: skip
def stale_payment(stage: Stage) -> str:
    old = int(time.time() * 1000) - 40 * DAY_MS
    return stage.letter(stage.send("payments", json.dumps(payment(stage, occurred_at=old)).encode()), "stale")
