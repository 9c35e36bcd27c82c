"""Counting, and what is served of it."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from streams.metrics.by_process.agent_meters import AgentMeters
from streams.metrics.by_process.follower_meters import FollowerMeters
from streams.metrics.by_process.sink_meters import SinkMeters
from streams.metrics.by_process.supervisor_meters import SupervisorMeters
from streams.metrics.families import ENGINES_MAX, FAMILIES, LATENCY_S
from streams.metrics.meters import HistogramMeter, Meters


def samples(meters: Meters) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What a scrape reads, by a parser that is not ours."""
    text = generate_openmetrics(meters.registry).decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_scrape_reads_what_was_counted() -> None:
    meters = Meters(processes=False)
    meters.counter("tollgate_decisions", engine="live", verdict="approve").add(3)
    meters.gauge("tollgate_journal_entry", engine="live").set(7)
    meters.histogram("tollgate_batch_records", engine="live").add([1, 1, 2_000, 2_001])
    read = samples(meters)
    engine = ("engine", "live")
    assert read["tollgate_decisions_total", frozenset({engine, ("verdict", "approve")})] == 3
    assert read["tollgate_journal_entry", frozenset({engine})] == 7
    assert read["tollgate_batch_records_bucket", frozenset({engine, ("le", "1.0")})] == 2
    assert read["tollgate_batch_records_bucket", frozenset({engine, ("le", "2000.0")})] == 3
    assert read["tollgate_batch_records_bucket", frozenset({engine, ("le", "+Inf")})] == 4
    assert read["tollgate_batch_records_sum", frozenset({engine})] == 4_003


def test_what_is_not_declared_cannot_be_counted() -> None:
    with pytest.raises(KeyError):
        Meters().counter("tollgate_payments_by_card", engine="live")
    with pytest.raises(KeyError):
        Meters().counter("tollgate_decisions", engine="live")


@given(st.lists(st.text(max_size=8), max_size=200))
def test_no_input_makes_more_series_than_declared(words: list[str]) -> None:
    meters = Meters(processes=False)
    for word in words:
        meters.counter("tollgate_dead_letters", engine="live", reason=word).add(1)
        meters.counter("tollgate_parked_evidence", engine="live", reason=word).add(1)
    read = samples(meters)
    for name in ("tollgate_dead_letters", "tollgate_parked_evidence"):
        series = [key for key in read if key[0] == f"{name}_total"]
        assert len(series) <= FAMILIES[name].series_max
        assert sum(read[key] for key in series) == len(words), "counted as other, not dropped"


def test_engines_beyond_the_bound_are_one() -> None:
    meters = Meters(processes=False)
    for number in range(2 * ENGINES_MAX):
        meters.gauge("tollgate_ready", engine=f"e{number}").set(1)
    assert sum(name == "tollgate_ready" for name, _ in samples(meters)) == ENGINES_MAX + 1


@given(st.lists(st.floats(0, 1e6), max_size=300), st.integers(1, 7))
def test_a_histogram_counts_each_value_once_however_it_is_cut(values: list[float], cut: int) -> None:
    """Recounted value by value."""
    meter = HistogramMeter(LATENCY_S)
    for start in range(0, len(values), cut):
        meter.add(values[start : start + cut])
    counts, total = meter.cumulated()
    assert counts == [sum(value <= bound for value in values) for bound in (*LATENCY_S, float("inf"))]
    assert total == pytest.approx(sum(values))


def test_a_figure_that_is_not_true_any_more_is_served_no_longer() -> None:
    meters = Meters(processes=False)
    meters.gauge("tollgate_model_score_psi", engine="live").set(0.1)
    meters.forget("tollgate_model_score_psi", engine="live")
    assert not any(name == "tollgate_model_score_psi" for name, _ in samples(meters))


def test_the_older_text_format_is_served_as_well() -> None:
    meters = Meters(processes=False)
    meters.counter("tollgate_duplicates", engine="live").add(1)
    assert b'tollgate_duplicates_total{engine="live"} 1.0' in generate_latest(meters.registry)


def test_cpu_time_and_memory_of_the_process_are_served() -> None:
    assert ("process_resident_memory_bytes", frozenset()) in samples(Meters())


def test_a_fault_in_measuring_ends_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Of every watcher: what it looks at is broken, and its process goes on."""
    meters, broken = Meters(processes=False), SimpleNamespace()
    sink = SinkMeters(meters, "test", "parquet")
    agent = AgentMeters(meters, "test", "labels")
    calls: list[Callable[[], object]] = [
        lambda: sink.looked(broken),  # type: ignore[arg-type]
        lambda: sink.stored(["no time"], 1),  # type: ignore[list-item]
        lambda: agent.labelled(broken),  # type: ignore[arg-type]
        lambda: agent.answered([broken]),  # type: ignore[list-item]
        lambda: agent.timed(lambda _: None)([broken]),  # type: ignore[list-item]
        FollowerMeters(meters, "test").watching(broken, bool),  # type: ignore[arg-type]
        SupervisorMeters(meters, Path("/")).watching(broken, bool),  # type: ignore[arg-type]
    ]
    for call in calls:
        call()
    assert samples(meters)["tollgate_metrics_faults_total", frozenset()] == len(calls)
    assert caplog.text.count("a figure could not be taken") == 1
