"""What is counted of an engine's batches, recounted from its answers; and that counting changes nothing."""

import json
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.messages.codec import encode
from models.messages.control import AmountWaiver, Control
from models.messages.label import LabelValue
from streams.engine.core import Core
from streams.engine.decision import hit_sets
from streams.metrics.labels import OTHER
from tests.engine.engine_log import DAY, NOW, label, payment, record
from tests.metrics.metered_engine import MeteredEngine
from tests.metrics.test_meters import samples


@pytest.fixture
def engine(make_core: Callable[[], Core], seed_controls: list[bytes]) -> MeteredEngine:
    engine = MeteredEngine(make_core())
    engine.core.context.shelf.required = False
    engine.step("controls", seed_controls)
    return engine


def read(engine: MeteredEngine, name: str, **labels: str) -> float:
    """One figure as a scrape reads it; 0 where it is not there yet."""
    return samples(engine.meters).get((name, frozenset({"engine": "test", **labels}.items())), 0.0)


def test_decisions_are_counted_as_they_were_answered(engine: MeteredEngine) -> None:
    amounts = [100, 5_000, 900_000, 2_000]
    answers: list[dict[str, Any]] = []
    for batch in range(3):
        records = [record(f"p{batch}-{i}", amount=amount) for i, amount in enumerate(amounts * 20)]
        answers += [json.loads(answer.body) for answer in engine.step("payments", records).answers]
    for name, field in (("tollgate_decisions_total", "verdict"), ("tollgate_decided_by_total", "decided_by")):
        for value, count in Counter(answer.get(field, "policy") for answer in answers).items():
            assert read(engine, name, **{field: value}) == count
    assert read(engine, "tollgate_decision_latency_seconds_count") == len(answers) == 240
    assert read(engine, "tollgate_decision_latency_seconds_bucket", le="0.015") == 0
    assert read(engine, "tollgate_decision_latency_seconds_bucket", le="0.025") == 240
    scored = sum(answer["probability"] is not None for answer in answers)
    assert read(engine, "tollgate_model_probability_count") == scored > 0
    assert read(engine, "tollgate_stage_seconds_count", stage="apply") == 4
    controls = sum(v for (name, _), v in samples(engine.meters).items() if name == "tollgate_controls_total")
    assert read(engine, "tollgate_batch_records_sum") == 240 + controls


def test_duplicates_refusals_and_dead_letters_are_counted_by_reason(engine: MeteredEngine) -> None:
    engine.step(
        "payments", [record("p1"), record("p1"), record("p1", amount=700), b"{", b"", b'{"type":"x"}']
    )
    assert read(engine, "tollgate_duplicates_total") == 1
    for reason in ("conflict", "invalid_json", "empty", "unknown_type"):
        assert read(engine, "tollgate_dead_letters_total", reason=reason) == 1, reason


def test_controls_are_counted_by_kind_accepted_or_refused(engine: MeteredEngine) -> None:
    waiver = Control("w", NOW, "test", AmountWaiver("EUR"))
    broken = encode(waiver).replace(b'"amount_waiver"', b'"no_such_kind"')
    engine.step("controls", [encode(waiver), broken, b"{", b"[" * 50_000])
    assert read(engine, "tollgate_controls_total", kind="amount_waiver", result="accepted") == 1
    assert read(engine, "tollgate_controls_total", kind=OTHER, result="refused") == 3


def test_labels_are_counted_with_their_age(engine: MeteredEngine) -> None:
    engine.step("payments", [record("p1"), record("p2")])
    engine.step(
        "labels",
        [encode(label("p1")), encode(label("p2", label=LabelValue.LEGITIMATE, known_at=NOW + 100 * DAY))],
    )
    assert read(engine, "tollgate_labels_total", label="fraud") == 1
    assert read(engine, "tollgate_labels_total", label="legitimate") == 1
    assert read(engine, "tollgate_label_age_seconds_sum") == 101 * DAY / 1_000
    assert read(engine, "tollgate_newest_label_timestamp_seconds") == pytest.approx(
        engine.clock.now_s, abs=0.1
    )


def test_what_was_decided_without_a_model_is_counted(make_core: Callable[[], Core]) -> None:
    bare = MeteredEngine(make_core())
    bare.step("payments", [record(f"p{i}") for i in range(9)])
    for missing in ("model", "ruleset", "policy"):
        assert read(bare, "tollgate_degraded_decisions_total", missing=missing) == 9
    assert read(bare, "tollgate_degraded_decisions_total", missing="rule_error") == 0


def test_lag_is_of_what_waits(engine: MeteredEngine) -> None:
    """Records that are read but not applied have an age; what only the broker has is counted by offsets."""
    head = engine.inputs.heads["test.payments"]
    appended = round(engine.clock.now_s * 1_000) - 4_000
    waiting = SimpleNamespace(timestamp=lambda: (2, appended))
    head.records.append(waiting)
    head.at_end = False
    engine.inputs.consumer.ends["test.payments"] = 120
    engine.clock.now_s += 2
    engine.step("payments", [record(f"p{i}") for i in range(20)], waited_s=0.003)
    assert read(engine, "tollgate_input_lag_records", input="payments") == 100
    assert read(engine, "tollgate_input_lag_seconds", input="payments") == pytest.approx(6, abs=0.1)
    head.records.clear()
    head.at_end = True
    engine.clock.now_s += 2
    engine.idle()
    assert read(engine, "tollgate_input_lag_records", input="payments") == 0
    assert read(engine, "tollgate_input_lag_seconds", input="payments") == 0


def test_the_horizon_in_force_shrinks_where_memory_is_full(engine: MeteredEngine) -> None:
    engine.core.admission.keys_max = 1_000
    week = 7 * DAY / 1_000
    engine.step("payments", [record("p0")])
    assert read(engine, "tollgate_deduplication_horizon_seconds") == week
    for day in range(3):
        engine.clock.now_s = (NOW + (day + 1) * DAY) / 1_000
        at = NOW + (day + 1) * DAY
        engine.step("payments", [record(f"d{day}-{i}", occurred_at=at) for i in range(600)])
    engine.clock.now_s += 2
    engine.idle()
    assert read(engine, "tollgate_deduplication_horizon_seconds") < week / 2
    assert read(engine, "tollgate_deduplication_horizon_set_seconds") == week
    assert read(engine, "tollgate_remembered_decisions") == read(engine, "tollgate_remembered_decisions_max")


def test_scores_that_are_spread_otherwise_have_a_stability_index(
    engine: MeteredEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules that hit are not asked for: where each payment has others, that takes a third of a second."""
    ordinary = [payment(f"a{i}", amount=1_000 + i % 50) for i in range(12_000)]
    for start in range(0, 12_000, 2_000):
        engine.step("payments", [encode(each) for each in ordinary[start : start + 2_000]])
    engine.clock.now_s += 100
    engine.idle()
    calm = read(engine, "tollgate_model_score_psi")
    core = engine.core
    newest = core.admission.positions(np.arange(core.admission.sequence - 5_000, core.admission.sequence))
    core.admission.ring["probability"][newest] = 900_000
    monkeypatch.setattr(hit_sets, "_positions", None)
    engine.clock.now_s += 100
    engine.idle()
    assert calm < 0.25
    assert read(engine, "tollgate_model_score_psi") > 2


def test_decisions_that_nobody_may_ask_for_again_have_no_part_in_the_index(engine: MeteredEngine) -> None:
    """Labels move engine time on without a payment: records stay until the next one, their hits do not."""
    engine.step("payments", [record(f"p{i}") for i in range(20)])
    for number in range(2):
        engine.clock.now_s += 63 * DAY / 1_000
        engine.step("labels", [encode(label(f"p{number}", known_at=round(engine.clock.now_s * 1_000)))])
    engine.idle()
    assert engine.core.admission.remembered == 20
    assert samples(engine.meters)["tollgate_metrics_faults_total", frozenset()] == 0


def test_measuring_changes_no_decision(make_core: Callable[[], Core], seed_controls: list[bytes]) -> None:
    measured, plain = MeteredEngine(make_core()), MeteredEngine(make_core())
    plain.observer = SimpleNamespace(begins=_nothing, stage=_nothing, committed=_nothing, idle=_nothing)  # type: ignore[assignment]
    log = [("controls", seed_controls), ("payments", [record(f"p{i}", amount=i * 977) for i in range(300)])]
    log.append(("labels", [encode(label(f"p{i}")) for i in range(50)]))
    log.append(("payments", [record(f"q{i}") for i in range(300)]))
    for role, records in log:
        first, second = measured.step(role, records), plain.step(role, records)
        assert [answer.body for answer in first.answers] == [answer.body for answer in second.answers]
    assert measured.core.logical_hash() == plain.core.logical_hash()
    assert measured.core.decision_hash == plain.core.decision_hash


def _nothing(*_: object) -> None:
    return


def test_a_fault_in_measuring_is_counted_and_said_once(
    engine: MeteredEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(engine.inputs.consumer, "get_watermark_offsets", None)
    for second in range(3):
        engine.clock.now_s += 2
        engine.step("payments", [record(f"p{second}")])
    assert samples(engine.meters)["tollgate_metrics_faults_total", frozenset()] == 3
    assert caplog.text.count("a figure could not be taken") == 1
    assert (
        sum(
            read(engine, "tollgate_decisions_total", verdict=v)
            for v in ("approve", "challenge", "review", "decline")
        )
        == 3
    )
