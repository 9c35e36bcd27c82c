"""Where spans go: a collector that speaks OTLP over HTTP, named by TOLLGATE_TRACES_TO.

They are sent in batches by a thread of the SDK; while the collector is away they are dropped, which the SDK
says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from streams.errors import Misconfigured

if TYPE_CHECKING:
    from streams.settings import Settings
    from streams.traces.spans import PaymentTraces

QUEUE_MAX: Final = 4_096
"""Spans that wait to be sent; those beyond are dropped."""
TIMEOUT_S: Final = 5
SERVICE: Final = "tollgate-engine"


@contextmanager
def payment_traces(settings: "Settings", engine: str) -> "Iterator[PaymentTraces | None]":
    """The traces of an engine's payments while the block runs; None where none are asked for.

    Raises `Misconfigured` where the packages are missing that they need.
    """
    if not settings.traces_to:
        yield None
        return
    if not settings.traces_to.startswith(("http://", "https://")):
        raise Misconfigured(
            f"TOLLGATE_TRACES_TO={settings.traces_to}: give the collector's address, http://HOST:4318/v1/traces"
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as missing:
        raise Misconfigured(
            f"TOLLGATE_TRACES_TO needs {missing.name}: pip install 'tollgate[tracing]', or unset it"
        ) from None
    from streams.traces.spans import PaymentTraces

    resource = Resource.create({"service.name": SERVICE, "service.instance.id": engine})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=settings.traces_to, timeout=TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=QUEUE_MAX))
    try:
        yield PaymentTraces(engine, provider.get_tracer(SERVICE))
    finally:
        provider.shutdown()
