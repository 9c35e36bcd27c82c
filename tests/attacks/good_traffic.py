"""Payments of honest customers, sent all the while: what attacks must not disturb."""

import threading
import time
from itertools import count

from confluent_kafka import Producer

from models.messages.codec import encode
from simulation.traffic import SimulatedPayments, TrafficParameters

PER_SECOND = 40
CHUNK = 10


class GoodTraffic:
    """Sends payments until `stop`; `sent` holds the ids of those that Kafka has."""

    def __init__(self, bootstrap: str, topic: str, seed: int) -> None:
        self.sent: set[str] = set()
        self._topic = topic
        self._numbers = count()
        self._lock = threading.Lock()
        self._payments = SimulatedPayments(
            TrafficParameters(seed), start_ms=int(time.time() * 1000), rate=float(PER_SECOND)
        )
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 2, "log_level": 3}
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._send_on, name="good-traffic", daemon=True)
        self._thread.start()

    def send(self, payments: int) -> set[str]:
        """Sends some at once; their ids."""
        with self._lock:
            first = next(self._numbers) * CHUNK
            for _ in range(-(-payments // CHUNK) - 1):
                next(self._numbers)
            ids = set()
            for payment in self._payments.payments(first, payments):
                ids.add(payment.payment_id)
                self._producer.produce(self._topic, encode(payment), payment.payment_id)
            self._producer.flush(30)
            self.sent |= ids
        return ids

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(60)

    def _send_on(self) -> None:
        while not self._stopping.wait(CHUNK / PER_SECOND):
            self.send(CHUNK)
