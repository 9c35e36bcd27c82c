"""Traces from payment to decision: who asked for one gets it, nobody else, and no decision changes by it."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, Span, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from streams.engine.core import Core
from streams.engine.input.batch import InputBatch
from streams.engine.result import BatchResult
from streams.errors import Misconfigured
from streams.kafka import OutgoingMessage
from streams.settings import Settings
from streams.traces import payment_traces
from streams.traces import spans as rooms
from streams.traces.spans import PaymentTraces
from tests.engine.engine_log import NOW, record

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"
NOW_NS = (NOW + 40) * 1_000_000


class TracedEngine:
    """A core whose batches are traced, and the spans that came of it."""

    def __init__(self, core: Core) -> None:
        self.core, self.exporter = core, InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.traces = PaymentTraces("test", provider.get_tracer("test"), lambda: NOW_NS)

    def step(self, payments: list[tuple[bytes, str | None]]) -> list[OutgoingMessage]:
        """Payments with their `traceparent`; the messages that would be sent."""
        batch = InputBatch()
        batch.extend("test.payments", 0, [(value, 7 + i, NOW) for i, (value, _) in enumerate(payments)])
        for i, (_, parent) in enumerate(payments):
            self.traces.note(
                read_record(7 + i, None if parent is None else [("traceparent", parent.encode())])
            )
        result = self.core.apply(batch)
        messages = outgoing(result)
        self.traces.sending(batch, result, messages)
        self.traces.committed()
        return messages

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exporter.get_finished_spans()


def read_record(offset: int, headers: Any) -> Any:
    """As Kafka's client gives it."""
    return SimpleNamespace(topic=lambda: "test.payments", offset=lambda: offset, headers=lambda: headers)


def outgoing(result: BatchResult) -> list[OutgoingMessage]:
    """As the engine makes them: the answers first, the journal entry last."""
    answers = [
        OutgoingMessage("test.decisions", each.body, each.key, [("ce_id", b"x")])
        for each in result.in_log_order
    ]
    return [*answers, OutgoingMessage("test.journal", b"{}", None, [])]


@pytest.fixture
def engine(make_core: Callable[[], Core]) -> TracedEngine:
    return TracedEngine(make_core())


def test_a_sampled_payment_has_a_span_from_its_append_to_its_commit(engine: TracedEngine) -> None:
    messages = engine.step([(record("p1"), None), (record("p2"), SAMPLED), (record("p3"), UNSAMPLED)])
    (span,) = engine.spans
    assert span.context is not None
    assert span.parent is not None
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    assert (span.start_time, span.end_time) == (NOW * 1_000_000, NOW_NS)
    assert dict(span.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.destination.name": "test.payments",
        "messaging.kafka.offset": 8,
        "tollgate.engine": "test",
        "tollgate.answer": "decision",
    }
    assert [len(message.headers) for message in messages] == [1, 2, 1, 0]
    assert messages[1].headers[1] == ("traceparent", f"00-{TRACE}-{span.context.span_id:016x}-01".encode())


def test_a_refusal_is_traced_as_well(engine: TracedEngine) -> None:
    engine.step([(record("p1", amount=-5), SAMPLED), (record("p2"), SAMPLED)])
    kinds = [dict(span.attributes or {})["tollgate.answer"] for span in engine.spans]
    assert kinds == ["refusal", "decision"]


def test_tracing_changes_no_byte_of_an_answer(make_core: Callable[[], Core], engine: TracedEngine) -> None:
    payments = [record(f"p{i}", amount=500 + i) for i in range(40)]
    traced = engine.step([(value, SAMPLED) for value in payments])
    plain = TracedEngine(make_core()).step([(value, None) for value in payments])
    assert [message[:3] for message in traced] == [message[:3] for message in plain]
    assert len(engine.spans) == 40


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("traceparent", None)],
        [("traceparent", b"\xff\xfe")],
        [("traceparent", b"00-zz-zz-01")],
        [("traceparent", b"x" * 1_000_000)],
        [("traceparent", UNSAMPLED.encode()), ("tracestate", b"\xff")],
        [(f"h{i}", b"x") for i in range(1_000)],
    ],
)
def test_hostile_headers_are_no_trace_and_no_fault(
    engine: TracedEngine, headers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    engine.traces.note(read_record(7, headers))
    engine.step([(record("p1"), None)])
    assert engine.spans == ()
    assert caplog.text == ""


def test_a_state_that_is_none_is_left_out_of_a_trace(
    engine: TracedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.traces.note(read_record(7, [("traceparent", SAMPLED.encode()), ("tracestate", b"\xff=\xff")]))
    (message, _) = engine.step([(record("p1"), None)])
    assert [name for name, _ in message.headers] == ["ce_id", "traceparent"]
    assert caplog.text == ""


def test_a_fault_in_tracing_holds_nothing_back_and_is_said_once(
    engine: TracedEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Payments whose spans failed are forgotten as well: else there is soon no room for others."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(rooms, "WAITING_MAX", 3)
    with monkeypatch.context() as broken:
        broken.setattr(engine.traces._tracer, "start_span", fail)
        for number in range(3):
            assert len(engine.step([(record(f"p{number}-{i}"), SAMPLED) for i in range(2)])) == 3
    with monkeypatch.context() as broken:
        broken.setattr(Span, "end", fail)
        engine.step([(record("p4"), SAMPLED)])
    assert caplog.text.count("could not be traced") == 1
    engine.step([(record("p5"), SAMPLED)])
    assert (len(engine.spans), engine.traces.untraced) == (1, 0)


def test_what_is_held_and_made_is_bounded(engine: TracedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "WAITING_MAX", 30)
    monkeypatch.setattr(rooms, "TRACED_MAX", 20)
    engine.step([(record(f"p{i}"), SAMPLED) for i in range(50)])
    assert len(engine.spans) == 20
    assert engine.traces.untraced == 30
    engine.step([(record("q1"), SAMPLED)])
    assert len(engine.spans) == 21, "there is room again"


class Collector(BaseHTTPRequestHandler):
    """Takes spans by OTLP over HTTP."""

    got: list[ExportTraceServiceRequest]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    got: list[ExportTraceServiceRequest] = []
    server = HTTPServer(("127.0.0.1", 0), type("Noting", (Collector,), {"got": got}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces", got
    server.shutdown()
    server.server_close()
    thread.join()


def test_spans_reach_a_collector(
    collector: tuple[str, list[ExportTraceServiceRequest]], tmp_path: Path, make_core: Callable[[], Core]
) -> None:
    address, got = collector
    with payment_traces(Settings(home=tmp_path, traces_to=address), "live") as traces:
        assert traces is not None
        engine = TracedEngine(make_core())
        engine.traces = traces
        engine.step([(record("p1"), SAMPLED)])
    (request,) = got
    (resource,) = request.resource_spans
    assert "tollgate-engine" in str(resource.resource)
    assert resource.scope_spans[0].spans[0].trace_id.hex() == TRACE


def test_nothing_is_traced_unless_asked_for(tmp_path: Path) -> None:
    with payment_traces(Settings(home=tmp_path, traces_to=""), "live") as traces:
        assert traces is None


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(Misconfigured, match="TOLLGATE_TRACES_TO"),
        payment_traces(Settings(home=tmp_path, traces_to="jaeger:4317"), "live"),
    ):
        pass
