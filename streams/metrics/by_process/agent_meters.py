"""What is counted of agents: what they handled and sent, and what they could not use."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from streams.metrics.families import PARKED_REASON
from streams.metrics.meters import Meters

if TYPE_CHECKING:
    from streams.agents import AgentRecord, LabelChanges, SealedAnswer


class AgentMeters:
    """The figures of one agent. `agent`: labels or lists."""

    def __init__(
        self, meters: Meters, engine: str, agent: str, stopwatch_s: Callable[[], float] = time.perf_counter
    ) -> None:
        self._meters, self._engine, self._stopwatch_s = meters, engine, stopwatch_s
        self._ready = meters.gauge("tollgate_ready", engine=engine)
        self._records = meters.counter("tollgate_agent_records", engine=engine, agent=agent)
        self._batch = meters.histogram("tollgate_agent_batch_seconds", engine=engine, agent=agent)
        for reason in PARKED_REASON.values if agent == "labels" else ():
            meters.counter("tollgate_parked_evidence", engine=engine, reason=reason)
        self._newest = meters.gauge("tollgate_agent_timestamp_seconds", engine=engine, agent=agent)

    def ready(self) -> None:
        """The agent works."""
        self._ready.set(1)

    def timed(
        self, handle: "Callable[[Sequence[AgentRecord]], None]"
    ) -> "Callable[[Sequence[AgentRecord]], None]":
        """`handle`, its batches counted and timed."""

        def handled(records: "Sequence[AgentRecord]") -> None:
            began = self._stopwatch_s()
            handle(records)
            self._meters.attempt(self._handled, records, self._stopwatch_s() - began)

        return handled

    def labelled(self, changes: "LabelChanges") -> None:
        """These labels and parked records are on the log."""
        self._meters.attempt(self._labelled, changes)

    def answered(self, answers: "Sequence[SealedAnswer]") -> None:
        """These list requests are answered."""
        self._meters.attempt(self._answered, answers)

    def _handled(self, records: "Sequence[AgentRecord]", took_s: float) -> None:
        self._batch.add_one(took_s)
        self._records.add(len(records))
        if records:
            self._newest.set(records[-1].appended_at / 1_000)

    def _labelled(self, changes: "LabelChanges") -> None:
        for value, count in Counter(label.label.value for label in changes.labels).items():
            self._count("labels_sent", count, label=value)
        for reason, count in Counter(record.reason.value for record in changes.parked).items():
            self._count("parked_evidence", count, reason=reason)

    def _answered(self, answers: "Sequence[SealedAnswer]") -> None:
        for answer in answers:
            accepted = answer.request.answer.status == "accepted"
            self._count("list_requests", 1, result="accepted" if accepted else "refused")

    def _count(self, name: str, more: int, **labels: str) -> None:
        self._meters.counter(f"tollgate_{name}", engine=self._engine, **labels).add(more)
