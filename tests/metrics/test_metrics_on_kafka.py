"""Metrics and traces of an engine on a real broker, and of every process of a platform."""

import json
import time
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Message, Producer
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families

from features.catalogue import CATALOGUE
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.seed import publish_seed
from streams.engine.process import Engine, EngineOptions
from streams.kafka.records import records
from streams.kafka.topics import Topics
from streams.metrics import FAMILIES, Meters
from streams.metrics.by_process import EngineMeters
from streams.traces.spans import PaymentTraces
from tests.engine.engine_log import record
from tests.engine.engine_on_kafka import run, seeds
from tests.metrics.test_meters import samples
from tests.platform.test_up_down import Home
from tests.traces.test_payment_traces import SAMPLED, TRACE

pytestmark = pytest.mark.kafka

PATIENCE_S = 60


@pytest.fixture
def options(kafka: str, tmp_path: Path) -> EngineOptions:
    """A new engine with its seed published."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    publish_seed(kafka, tmp_path, name)
    store = ArtefactStore(tmp_path / "artefacts")
    return EngineOptions(kafka, name, tmp_path / "engine", CATALOGUE, store.load)


def send(options: EngineOptions, values: list[bytes], **headers: str) -> None:
    producer = Producer({"bootstrap.servers": options.bootstrap, "linger.ms": 1})
    for value in values:
        producer.produce(Topics(options.engine)["payments"], value, headers=list(headers.items()))
    assert producer.flush(30) == 0


def now_ms() -> int:
    return round(time.time() * 1_000)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def decisions(options: EngineOptions) -> list[Message]:
    return list(records(options.bootstrap, Topics(options.engine)["decisions"]))


def test_figures_are_those_of_the_log(options: EngineOptions) -> None:
    meters = Meters(processes=False)
    observer = EngineMeters(meters, options.engine)
    engine = Engine(replace(options, observer=observer))
    engine.start()
    payments = [record(f"p{i}", occurred_at=now_ms()) for i in range(60)]
    send(options, [*payments, payments[0], b"{"])
    run(engine, 62 + seeds(options))
    observer._look_s = 0.0  # looks at the inputs at once, not in a second
    engine.step()
    read = {(name, labels): value for (name, labels), value in samples(meters).items()}
    mine = {"engine": options.engine}

    def figure(name: str, **labels: str) -> float:
        return read[name, frozenset((mine | labels).items())]

    verdicts = ("approve", "challenge", "review", "decline")
    assert sum(figure("tollgate_decisions_total", verdict=verdict) for verdict in verdicts) == 60
    assert figure("tollgate_duplicates_total") == 1
    assert figure("tollgate_dead_letters_total", reason="invalid_json") == 1
    assert figure("tollgate_decision_latency_seconds_count") == 60
    assert figure("tollgate_journal_entry") == engine.state.position.number
    assert figure("tollgate_input_lag_records", input="payments") == 0
    assert figure("tollgate_input_lag_seconds", input="payments") == 0
    assert read["tollgate_metrics_faults_total", frozenset()] == 0
    engine.close()


def test_what_the_broker_holds_and_the_engine_has_not_read_is_lag(options: EngineOptions) -> None:
    meters = Meters(processes=False)
    observer = EngineMeters(meters, options.engine)
    engine = Engine(replace(options, observer=observer, batch_max=10))
    engine.start()
    send(options, [record(f"p{i}", occurred_at=now_ms()) for i in range(500)])
    run(engine, seeds(options))
    key = frozenset({"engine": options.engine, "input": "payments"}.items())

    def lag() -> float:
        observer._look_s = 0.0
        engine.step()
        return samples(meters).get(("tollgate_input_lag_records", key), 0.0)

    until(lambda: lag() > 0)
    until(lambda: lag() == 0)
    engine.close()


def test_a_trace_goes_from_the_payment_through_the_engine_to_the_decision(options: EngineOptions) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces = PaymentTraces(options.engine, provider.get_tracer("test"))
    engine = Engine(replace(options, traces=traces))
    engine.start()
    before = time.time_ns()
    send(options, [record("p1", occurred_at=now_ms())], traceparent=SAMPLED)
    send(options, [record("p2", occurred_at=now_ms())])
    run(engine, 2 + seeds(options))
    traced, plain = (dict(message.headers() or []) for message in decisions(options))
    (span,) = exporter.get_finished_spans()
    assert span.context is not None
    assert traced["traceparent"].decode() == f"00-{TRACE}-{span.context.span_id:016x}-01"
    assert "traceparent" not in plain
    assert span.start_time is not None
    assert span.end_time is not None
    assert before - 2_000_000 <= span.start_time < span.end_time <= time.time_ns()
    engine.close()


def scraped(home: Path, name: str) -> dict[str, float]:
    """One process's figures, summed over labels."""
    (found,) = json.loads((home / f"run/metrics/{name}.json").read_text())
    with urllib.request.urlopen(f"http://{found['targets'][0]}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    figures: dict[str, float] = {}
    for family in families:
        for sample in family.samples:
            figures[sample.name] = figures.get(sample.name, 0.0) + sample.value
    return figures


def test_every_process_of_a_platform_serves_its_metrics(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    folder = home.path / "run/metrics"
    try:
        home.run("up")
        home.run("simulate", "--count", "500")
        followers = ("follower-live", "warehouse", "parquet-sink", "desk-live", "console-live")
        names = ("engine-live", "supervisor", "label-agent-live", "list-agent-live", *followers)
        assert {file.stem for file in folder.glob("*.json")} == set(names)
        until(lambda: scraped(home.path, "engine-live").get("tollgate_decisions_total", 0) >= 400)
        until(lambda: scraped(home.path, "warehouse").get("tollgate_sink_rows_total", 0) >= 400)
        until(lambda: scraped(home.path, "parquet-sink").get("tollgate_ready", 0) >= 1)
        engine = scraped(home.path, "engine-live")
        assert engine["tollgate_ready"] == 1
        assert engine["tollgate_metrics_faults_total"] == 0
        assert scraped(home.path, "follower-live")["tollgate_follower_entry"] > 0
        assert scraped(home.path, "supervisor")["tollgate_supervised_up"] >= 5
        for name in names:
            ours = [figure for figure in scraped(home.path, name) if figure.startswith("tollgate_")]
            known = "|".join(FAMILIES)
            assert ours
            assert all(any(figure.startswith(family) for family in FAMILIES) for figure in ours), known
    finally:
        home.run("down")
    assert not list(folder.glob("*.json")), "processes that were stopped are not looked for"


def test_an_engine_says_when_it_last_heard_from_kafka(options: EngineOptions) -> None:
    """Also where nothing comes: an idle engine is told from one that is cut off."""
    meters = Meters(processes=False)
    engine = Engine(replace(options, observer=EngineMeters(meters, options.engine)))
    engine.start()
    key = frozenset({"engine": options.engine}.items())

    def heard_s() -> float:
        engine.step()
        return samples(meters).get(("tollgate_kafka_timestamp_seconds", key), 0.0)

    began_s = time.time()
    until(lambda: heard_s() > began_s)
    assert heard_s() <= time.time()
    engine.close()
