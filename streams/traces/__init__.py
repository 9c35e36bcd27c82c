"""Traces of payments through an engine, for those whose sender began one: OpenTelemetry by Kafka's header
`traceparent` (W3C Trace Context).

Off by default, and of an extra (`tracing`). Invariants: a trace changes no byte of a decision, only a header
beside it; what is held is bounded; a collector that is away or slow delays nothing; no span says anything of
a payment but its place on the log. May import `streams.settings`, `streams.errors`, `streams.kafka`.
"""

from streams.traces.collector import payment_traces

__all__ = ["payment_traces"]
