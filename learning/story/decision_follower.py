"""What the engine answered to the story's payments, read back whole transactions only."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from models.messages import DecisionView, Refusal, decode_answer, decode_decision_view, is_refusal
from streams.errors import Damaged, Outage
from streams.kafka import PartitionReader, Topics

STALLED_S: Final = 180.0
"""Longer than any start-up: an engine silent for this time is taken as stalled."""


@dataclass
class DecisionFollower:
    """Follows an engine's decisions from the first one. New ones are numbered without a gap, or it raises."""

    bootstrap: str
    engine: str

    def __post_init__(self) -> None:
        self._reader = PartitionReader(self.bootstrap, Topics(self.engine)["decisions"], 0)
        self._last = 0

    def take(self, count: int, alive: Callable[[], None]) -> list[DecisionView]:
        """The next `count` decisions. Raises `Outage` where they do not come, `Damaged` where one is
        missing.
        """
        found: list[DecisionView] = []
        last_record = time.monotonic()
        while len(found) < count:
            records, _ = self._reader.read(count - len(found), 0.2)
            found += [self._checked(record.value() or b"") for record in records]
            last_record = time.monotonic() if records else last_record
            alive()
            if time.monotonic() - last_record > STALLED_S:
                raise Outage(
                    f"engine {self.engine} answered {len(found):,} of {count:,} payments, and nothing for "
                    f"{STALLED_S:.0f} s: see its log"
                )
        return found

    def _checked(self, value: bytes) -> DecisionView:
        if is_refusal(value):
            answer = decode_answer(value)
            assert isinstance(answer, Refusal)
            raise Damaged(
                f"engine {self.engine} refused payment {answer.payment_id}: {answer.reason} ({answer.detail})"
            )
        return self._numbered(decode_decision_view(value))

    def _numbered(self, answer: DecisionView) -> DecisionView:
        if answer.duplicate or answer.sequence != self._last + 1:
            raise Damaged(
                f"decision {answer.sequence} of {self.engine} follows {self._last}: each payment was sent "
                "once and must be decided once"
            )
        self._last = answer.sequence
        return answer

    def close(self) -> None:
        """Leave."""
        self._reader.close()
