"""What is counted of the engine's batches.

Invariants
- It is called with what was committed, reads the state and changes nothing of it.
- A batch costs a fixed number of array operations, whatever it holds; Python's loops go over dead letters,
  labels and controls only, which are few and cost far more elsewhere.
- A counter of faults is served as 0 from the start: Prometheus sees no increase in one that begins with 1.
- A fault in measuring is counted, said once, and goes no further.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
from confluent_kafka import TopicPartition

from models.policy import VERDICTS, DecidedBy
from models.units import MICRO
from streams.metrics.by_process.score_drift import score_psi
from streams.metrics.families import MISSING, PUT_REASON, REASON, STAGE
from streams.metrics.labels import OTHER
from streams.metrics.meters import CountMeter, HistogramMeter, Meters

if TYPE_CHECKING:
    from streams.engine import BatchResult, Engine
    from streams.engine.input import InputBatch

LOOK_EVERY_S: Final = 1.0
"""How often the state is looked at."""
PSI_EVERY_S: Final = 60.0


class EngineMeters:
    """The figures of one engine; an observer of its batches (`streams.engine.BatchObserver`)."""

    def __init__(
        self,
        meters: Meters,
        engine: str,
        clock_s: Callable[[], float] = time.time,
        stopwatch_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`clock_s`: the time of the day, to compare with append times; `stopwatch_s`: for stages."""
        self._meters, self._engine = meters, engine
        self._clock_s, self._stopwatch_s = clock_s, stopwatch_s
        self._since_s = stopwatch_s()
        self._stages: dict[str, float] = {}
        self._look_s = self._psi_s = 0.0
        meters.gauge("tollgate_ready", engine=engine)
        self._by_verdict = [self._counter("decisions", verdict=verdict.value) for verdict in VERDICTS]
        self._by_cause = [self._counter("decided_by", decided_by=each.name.lower()) for each in DecidedBy]
        self._without = [self._counter("degraded_decisions", missing=word) for word in MISSING.values]
        for reason in REASON.values:
            self._counter("dead_letters", reason=reason)
        for reason in PUT_REASON.values:
            self._counter("list_puts_refused", reason=reason)
        self._duplicates = self._counter("duplicates")
        self._refusals = self._counter("refusals")
        self._late = self._counter("late_payments")
        self._latency = self._histogram("decision_latency_seconds")
        self._probability = self._histogram("model_probability")
        self._records = self._histogram("batch_records")
        self._stage_times = {stage: self._histogram("stage_seconds", stage=stage) for stage in STAGE.values}
        self._newest_label = meters.gauge("tollgate_newest_label_timestamp_seconds", engine=engine)
        self._journalled = meters.gauge("tollgate_journal_timestamp_seconds", engine=engine)

    def ready(self, is_ready: bool = True) -> None:
        """Whether the engine decides. Where it has made no entry yet, its journal is as old as this, and
        so is its newest label."""
        self._gauge("ready", is_ready)
        self._journalled.set(self._journalled.value or self._clock_s())
        self._newest_label.set(self._newest_label.value or self._clock_s())

    def begins(self) -> None:
        """A step of the engine begins."""
        self._since_s = self._stopwatch_s()
        self._stages.clear()

    def stage(self, name: str) -> None:
        """The stage of this name is over."""
        now = self._stopwatch_s()
        self._stages[name] = now - self._since_s
        self._since_s = now

    def committed(self, engine: "Engine", batch: "InputBatch", result: "BatchResult") -> None:
        """A batch was decided and committed."""
        self._meters.attempt(self._committed, engine, batch, result)

    def idle(self, engine: "Engine") -> None:
        """Nothing had come."""
        self._meters.attempt(self._look, engine, self._clock_s())

    def _committed(self, engine: "Engine", batch: "InputBatch", result: "BatchResult") -> None:
        now_s = self._clock_s()
        self._count_batch(batch, result)
        self._count_decisions(engine, result, now_s)
        self._count_refused(result)
        self._count_reports(batch, result)
        self._journalled.set(now_s)
        self._look(engine, now_s)

    def _count_batch(self, batch: "InputBatch", result: "BatchResult") -> None:
        self._records.add_one(len(batch))
        for stage, taken_s in self._stages.items():
            self._stage_times[stage].add_one(taken_s)
        self._duplicates.add(result.duplicates)
        self._refusals.add(len(result.refusals))
        self._late.add(result.late)

    def _count_decisions(self, engine: "Engine", result: "BatchResult", now_s: float) -> None:
        if not result.vectors:
            return
        records = np.concatenate([block.sequences for block in result.vectors]) - 1
        verdicts, decided_by, degraded, probability, received = engine.state.core.admission.columns(
            records, "verdict", "decided_by", "degraded", "probability", "received_at"
        )
        _add_codes(self._by_verdict, verdicts)
        _add_codes(self._by_cause, decided_by)
        if degraded.any():
            for place, meter in enumerate(self._without):
                meter.add(int(np.count_nonzero(degraded & (1 << place))))
        self._latency.add(np.maximum(now_s - received / 1_000, 0.0))
        self._probability.add(probability[probability >= 0] / MICRO)

    def _count_refused(self, result: "BatchResult") -> None:
        for reason, count in Counter(letter.reason.value for _, letter in result.dead_letters).items():
            self._count("dead_letters", count, reason=reason)
        for (_, reason), count in result.puts_refused.items():
            self._count("list_puts_refused", count, reason=reason)

    def _count_reports(self, batch: "InputBatch", result: "BatchResult") -> None:
        """Labels and controls of the batch."""
        refused = {index for index, _ in result.dead_letters}
        for index in _records_of(batch, "controls"):
            outcome = "refused" if index in refused else "accepted"
            self._count("controls", 1, kind=_kind(batch.values[index]), result=outcome)
        labels = [index for index in _records_of(batch, "labels") if index not in refused]
        if labels:
            views = [_read_label(batch.values[index]) for index in labels]
            for value, count in Counter(view.label for view in views).items():
                self._count("labels", count, label=value)
            ages_ms = np.array([view.known_at - view.occurred_at for view in views])
            self._histogram("label_age_seconds").add(np.maximum(ages_ms, 0) / 1_000)
            self._newest_label.set(batch.appended[labels[-1]] / 1_000)

    def _look(self, engine: "Engine", now_s: float) -> None:
        """At the state, once a second."""
        if 0 <= now_s - self._look_s < LOOK_EVERY_S:
            return
        self._look_s = now_s
        self._look_at_inputs(engine, now_s)
        self._look_at_state(engine)
        if not 0 <= now_s - self._psi_s < PSI_EVERY_S:
            self._psi_s = now_s
            self._look_at_scores(engine)

    def _look_at_inputs(self, engine: "Engine", now_s: float) -> None:
        applied = engine.state.position.inputs
        if engine.inputs.contact.heard_s:
            self._gauge("kafka_timestamp_seconds", engine.inputs.contact.heard_s)
        for topic, head in engine.inputs.heads.items():
            waiting = head.records[0].timestamp()[1] / 1_000 if head.records else now_s
            name = topic.rpartition(".")[2]
            self._gauge("input_lag_seconds", max(0.0, now_s - waiting), input=name)
            _, end = engine.inputs.consumer.get_watermark_offsets(TopicPartition(topic, 0), cached=True)
            self._gauge("input_lag_records", _lag(head, applied.get(topic, 0), end), input=name)

    def _look_at_state(self, engine: "Engine") -> None:
        core, position = engine.state.core, engine.state.position
        admission, features = core.admission, core.features
        self._gauge("journal_entry", position.number)
        self._gauge("engine_time_seconds", admission.engine_time / 1_000)
        self._gauge("state_bytes", features.bytes_used, part="features")
        self._gauge("state_bytes", features.bytes_held, part="features_held")
        self._gauge("state_bytes", admission.bytes_held, part="admission")
        self._gauge("state_entities", features.entities)
        self._gauge("remembered_decisions", admission.remembered)
        self._gauge("remembered_decisions_max", admission.keys_max)
        self._gauge("deduplication_horizon_seconds", admission.horizon_in_force_ms / 1_000)
        self._gauge("deduplication_horizon_set_seconds", admission.horizon_ms / 1_000)
        self._gauge("challenger_on_trial", core.context.challenger is not None)

    def _look_at_scores(self, engine: "Engine") -> None:
        psi = score_psi(engine.state.core)
        if psi is None:
            self._meters.forget("tollgate_model_score_psi", engine=self._engine)
        else:
            self._gauge("model_score_psi", psi)

    def _count(self, name: str, more: float, **labels: str) -> None:
        self._counter(name, **labels).add(more)

    def _counter(self, name: str, **labels: str) -> CountMeter:
        return self._meters.counter(f"tollgate_{name}", engine=self._engine, **labels)

    def _gauge(self, name: str, value: float, **labels: str) -> None:
        self._meters.gauge(f"tollgate_{name}", engine=self._engine, **labels).set(value)

    def _histogram(self, name: str, **labels: str) -> HistogramMeter:
        return self._meters.histogram(f"tollgate_{name}", engine=self._engine, **labels)


class _LabelView(msgspec.Struct):
    label: str
    known_at: int
    occurred_at: int


class _KindView(msgspec.Struct):
    kind: str = OTHER


class _ControlView(msgspec.Struct):
    change: _KindView = msgspec.field(default_factory=_KindView)
    signed: _KindView | None = None
    """Of a signed control."""


_read_label = msgspec.json.Decoder(_LabelView).decode
_read_control = msgspec.json.Decoder(_ControlView).decode


def _kind(value: bytes) -> str:
    """The kind of a control, which need not be one."""
    try:
        view = _read_control(value)
    except (msgspec.MsgspecError, RecursionError):
        return OTHER
    return (view.signed or view.change).kind


def _add_codes(meters: list[CountMeter], codes: np.ndarray) -> None:
    """Adds how often each code occurs to its meter."""
    for meter, count in zip(meters, np.bincount(codes, minlength=len(meters)).tolist(), strict=True):
        meter.value += count


def _records_of(batch: "InputBatch", role: str) -> Iterator[int]:
    """The records of the batch that lie on the topic of this role."""
    for run in batch.runs:
        if run.topic.endswith(f".{role}") and run.lost is None:
            yield from range(run.first, run.last)


def _lag(head: Any, applied: int, end: int) -> int:
    """Offsets behind the end as it was last heard of; none once the end was reached, since markers of
    transactions take offsets as well.
    """
    return 0 if head.at_end and not head.records else max(0, end - applied)
