"""A payment service of the walkthrough's own: it sends payments and waits for what is said of them."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from confluent_kafka import Producer

from models.messages import Merchant, Payment, encode
from models.messages.payment import Method, MethodKind
from simulation.traffic import SimulatedPayments, TrafficParameters
from streams.kafka import Topics, end_offsets, records, send_one

PATIENCE_S: Final = 240.0
"""A verdict may be taken back for a minute; a loaded machine takes its time for the rest."""


@dataclass
class Shop:
    """Payments to one engine, all of this run; nothing of theirs was on the log before."""

    bootstrap: str
    engine: str
    run: str
    """Part of every id."""
    numbers: Iterator[int] = field(default_factory=count)

    def pay(self, merchant: str, card: str) -> dict[str, Any]:
        """The decision of one card payment of 12.00 EUR."""
        payment_id = f"walk-{self.run}-{next(self.numbers)}"
        method = Method(MethodKind.CARD, f"card-{self.run}-{card}", "411111", "DE")
        payment = Payment(
            "walk",
            payment_id,
            round(time.time() * 1000),
            1200,
            "EUR",
            method,
            Merchant(f"{merchant}-{self.run}"),
        )
        start = self.end("decisions")
        send_one(self.bootstrap, Topics(self.engine)["payments"], payment_id, encode(payment), [])
        return self.message("decisions", start, lambda each: each.get("payment_id") == payment_id)

    def customers(self, payments: int) -> None:
        """Other people's payments, of simulated traffic."""
        made = SimulatedPayments(
            TrafficParameters(time.time_ns() % 2**31), start_ms=round(time.time() * 1000), rate=100.0
        )
        sending = Producer({"bootstrap.servers": self.bootstrap, "enable.idempotence": True})
        for payment in made.payments(0, payments):
            sending.produce(Topics(self.engine)["payments"], encode(payment), payment.payment_id)
        assert sending.flush(30) == 0

    def end(self, role: str) -> int:
        """Where a topic ends now."""
        return sum(end_offsets(self.bootstrap, [Topics(self.engine)[role]]).values())

    def message(self, role: str, start: int, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message from an offset on that is wanted; fails where it does not come."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for record in records(self.bootstrap, Topics(self.engine)[role], start):
                found = json.loads(record.value() or b"{}")
                if wanted(found):
                    return dict(found)
            time.sleep(0.2)
        raise AssertionError(f"what was waited for did not come on {role} within {PATIENCE_S:.0f} s")
