"""How long an engine takes to be ready again after `kill -9`, knowing a million entities and 60 s behind
its snapshot.

First payments of ever new cards, customers, devices and addresses, then a clean stop, which leaves a
snapshot; then a minute of traffic at 10,000/s, and the kill. No follower runs, so the journal's tail is
that whole minute.
"""

import signal
import time
from typing import Any

import click

from bench.latency import traffic
from bench.payments import EVENT_RATE
from bench.place import Place, announce, read_line
from models.messages.codec import encode
from models.messages.payment import Customer, Merchant, Method, MethodKind, Payment
from streams.kafka.sender import Sender
from streams.kafka.topics import Topics

ENTITIES = 1_000_000
ENTITIES_PER_PAYMENT = 4
TAIL_RATE = 10_000.0
TAIL_S = 60.0


def stranger(number: int, now_ms: int) -> Payment:
    """A payment of a card, customer, device and address never seen before."""
    word = f"{number:08x}"
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return Payment(
        merchant_account="acme-eu",
        payment_id=f"str-{word}",
        occurred_at=now_ms,
        amount=1_000 + number % 50_000,
        currency="EUR",
        method=Method(MethodKind.CARD, f"tok_{word}", "424242", "FR"),
        merchant=Merchant(f"mer_{number % 2_000}", "5411", "FR"),
        customer=Customer(f"cus_{word}", now_ms - 10**10),
        device_id=f"dev_{word}",
        ip=address,
    )


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--home", required=True, expose_value=False)
@click.option("--engine", required=True)
@click.option("--count", type=int, required=True)
def main(bootstrap: str, engine: str, count: int) -> None:
    """Send payments of strangers."""
    topic = Topics(engine)["payments"]
    now = int(time.time() * 1000)
    with Sender(bootstrap, engine) as sender:
        for number in range(count):
            payment = stranger(number, now - int((count - number) / EVENT_RATE * 1000))
            sender.send(topic, "payment", payment.payment_id, encode(payment))
    announce({"payments": count})


def measure(place: Place, engine: str, entities: int = ENTITIES, rate: float = TAIL_RATE,
            seconds: float = TAIL_S) -> dict[str, Any]:  # fmt: skip
    """Seconds from the start of the process to ready, with their parts."""
    strangers = entities // ENTITIES_PER_PAYMENT
    place.run("recovery", f"--engine={engine}", f"--count={strangers}")
    place.run("decide", f"--engine={engine}", "--warm=0", f"--count={strangers}")
    with place.running("serve", f"--engine={engine}") as serving:
        before = read_line(serving)
        tail = traffic(place, engine, rate, seconds, seed=12)
        serving.kill()
        serving.wait()
    began = time.time()
    with place.running("serve", f"--engine={engine}") as serving:
        ready = read_line(serving)
        serving.send_signal(signal.SIGTERM)
        read_line(serving)
    return {
        "seconds": ready["ready_at"] - began,
        "stages": {
            "interpreter": ready["ready_at"] - began - sum(ready["stages"].values()),
            **ready["stages"],
        },
        "stages_cpu": ready["stages_cpu"],
        "entities": ready["entities"],
        "tail_payments": ready["decisions"] - before["decisions"],
        "tail_batches": ready["batches"] - before["batches"],
        "without_tail_seconds": sum(before["stages"].values()),
        "tail_latency": tail,
    }


if __name__ == "__main__":
    main()
