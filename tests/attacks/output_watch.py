"""Everything that one engine answers, as any consumer sees it, in a thread of its own."""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, Message, TopicPartition

Place = tuple[str, int]
"""Topic and offset of a record."""


class OutputWatch:
    """Follows decisions, dead letters and journal from their beginning."""

    def __init__(self, bootstrap: str, engine: str) -> None:
        self.answers: dict[Place, list[dict[str, Any]]] = defaultdict(list)
        """Messages on `decisions`, by the record that they answer."""
        self.letters: dict[Place, list[dict[str, Any]]] = defaultdict(list)
        self.decided: dict[str, int] = defaultdict(int)
        """How often each payment id was decided, duplicates left out."""
        self.positions: dict[str, int] = {}
        """How far the journal covers each input topic."""
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._take: dict[str, Callable[[Message], None]] = {
            f"{engine}.decisions": self._answer,
            f"{engine}.dead-letters": self._letter,
            f"{engine}.journal": self._entry,
        }
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "attack-watch", "isolation.level": "read_committed",
             "enable.auto.commit": False, "fetch.queue.backoff.ms": 2}
        )  # fmt: skip
        self._consumer.assign([TopicPartition(topic, 0, 0) for topic in self._take])
        self._thread = threading.Thread(target=self._follow, name="attack-watch", daemon=True)
        self._thread.start()

    def wait(self, holds: Callable[[], object], timeout_s: float) -> bool:
        """Whether it holds within that time."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not holds():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def covers(self, place: Place) -> bool:
        """Whether the engine has journalled the record."""
        return self.positions.get(place[0], 0) > place[1]

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(10)
        self._consumer.close()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            messages = [m for m in self._consumer.consume(5_000, 0.1) if m.error() is None]
            if messages:
                with self._changed:
                    for message in messages:
                        self._take[message.topic()](message)
                    self._changed.notify_all()

    def _answer(self, message: Message) -> None:
        found = self._document(message)
        identity = dict(message.headers() or []).get("ce_id", b"").decode()
        topic, _, offset = identity.rsplit("-", 2) if identity.count("-") > 1 else ("", "", "-1")
        if found is None:
            return
        self.answers[topic, int(offset)].append(found)
        if found.get("type") == "decision" and not found.get("duplicate"):
            self.decided[str(found.get("payment_id"))] += 1

    def _letter(self, message: Message) -> None:
        found = self._document(message)
        if found is not None:
            self.letters[str(found.get("topic")), int(found.get("offset", -1))].append(found)

    def _entry(self, message: Message) -> None:
        found = self._document(message)
        if found is not None and isinstance(found.get("positions"), dict):
            self.positions |= found["positions"]

    def _document(self, message: Message) -> dict[str, Any] | None:
        """None for what an attacker wrote there: the engine's own carries the headers of a CloudEvent."""
        try:
            found = json.loads(message.value())
        except (TypeError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) and message.headers() else None
