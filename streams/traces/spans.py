"""One span for each traced payment: from its append time on Kafka to the commit of its decision.

The decision carries a `traceparent` of that span, so that whoever reads it goes on with the trace.

Invariants
- Only payments whose sender sampled them are traced: who asks for many traces pays for them.
- At most `WAITING_MAX` payments are remembered between reading and decision, and `TRACED_MAX` spans are made
  of a batch; those beyond are decided without one, and counted.
- A fault is said once and goes no further. Nothing that a sender wrote into a header gets into the log.
"""

import logging
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from confluent_kafka import Message

    from streams.engine import BatchResult
    from streams.engine.input import InputBatch
    from streams.kafka import OutgoingMessage

log = logging.getLogger(__name__)
logging.getLogger("opentelemetry.trace").setLevel(
    logging.CRITICAL
)  # it quotes headers, a line for each payment

HEADER: Final = "traceparent"
STATE: Final = "tracestate"
WAITING_MAX: Final = 20_000
"""As many records as an input of the engine holds back."""
TRACED_MAX: Final = 200
NS_A_MS: Final = 1_000_000
SPAN: Final = "tollgate.decide"


class TracedAnswer(NamedTuple):
    """One answer whose payment is traced."""

    position: int
    """Of its message among those of the batch."""
    topic: str
    offset: int
    appended_ms: int
    kind: str
    """decision or refusal."""
    parent: Context


class PaymentTraces:
    """The traces of one engine's payments."""

    def __init__(self, engine: str, tracer: Tracer, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._engine, self._tracer, self._clock_ns = engine, tracer, clock_ns
        self._propagator = TraceContextTextMapPropagator()
        self._waiting: dict[tuple[str, int], Context] = {}
        self._open: list[Span] = []
        self._failed = False
        self.untraced = 0
        """Payments beyond the bounds since the start."""

    def note(self, message: "Message") -> None:
        """Remembers the trace of a record that was read."""
        headers = message.headers()
        if headers is None:
            return
        try:
            ours = [(name, value) for name, value in headers if name in (HEADER, STATE) and value]
            carried = {name: value.decode("ascii", "replace") for name, value in ours}
            if HEADER in carried:
                self._note(message.topic(), message.offset(), carried)
        except Exception:
            self._say()

    def _note(self, topic: str, offset: int, carried: dict[str, str]) -> None:
        context = self._propagator.extract(carried)
        parent = trace.get_current_span(context).get_span_context()
        if not parent.is_valid or not parent.trace_flags.sampled:
            return
        if len(self._waiting) >= WAITING_MAX:
            self.untraced += 1
        else:
            self._waiting[topic, offset] = context

    def sending(self, batch: "InputBatch", result: "BatchResult", messages: "list[OutgoingMessage]") -> None:
        """Begins the spans of a batch that is about to be sent: their answers say so in a header."""
        if not self._waiting:
            return
        try:
            for answer in self._answers(batch, result):
                self._begin(answer, messages)
        except Exception:
            self._say()
        finally:
            self._forget(batch)

    def committed(self) -> None:
        """Ends the spans of the batch that was sent last."""
        now = self._clock_ns()
        try:
            for span in self._open:
                span.end(now)
        except Exception:
            self._say()
        finally:
            self._open.clear()

    def _answers(self, batch: "InputBatch", result: "BatchResult") -> Iterator[TracedAnswer]:
        """In the order in which they are sent: the answers' messages are the first of a batch."""
        runs = iter(batch.runs)
        run = next(runs)
        for position, answer in enumerate(result.in_log_order):
            while answer.record >= run.last:
                run = next(runs)
            offset = batch.offsets[answer.record]
            parent = self._waiting.get((run.topic, offset))
            if parent is not None:
                appended = batch.appended[answer.record]
                yield TracedAnswer(position, run.topic, offset, appended, answer.kind, parent)

    def _begin(self, answer: TracedAnswer, messages: "list[OutgoingMessage]") -> None:
        if len(self._open) >= TRACED_MAX:
            self.untraced += 1
            return
        attributes: dict[str, str | int] = {
            "messaging.system": "kafka",
            "messaging.destination.name": answer.topic,
            "messaging.kafka.offset": answer.offset,
            "tollgate.engine": self._engine,
            "tollgate.answer": answer.kind,
        }
        span = self._tracer.start_span(
            SPAN, answer.parent, SpanKind.CONSUMER, attributes, start_time=answer.appended_ms * NS_A_MS
        )
        span.add_event("decided", timestamp=self._clock_ns())
        self._open.append(span)
        carried: dict[str, str] = {}
        self._propagator.inject(carried, trace.set_span_in_context(span))
        message = messages[answer.position]
        headers = [*message.headers, *((name, value.encode()) for name, value in carried.items())]
        messages[answer.position] = message._replace(headers=headers)

    def _forget(self, batch: "InputBatch") -> None:
        """The records of this batch, answered or not."""
        for run in batch.runs:
            for offset in batch.offsets[run.first : run.last]:
                self._waiting.pop((run.topic, offset), None)

    def _say(self) -> None:
        if not self._failed:
            log.exception("a payment could not be traced; it is decided all the same, and this is said once")
        self._failed = True
