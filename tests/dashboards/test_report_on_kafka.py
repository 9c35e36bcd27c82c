"""Rows of a report from a real log: what the engine takes, from where it takes it, until that moment."""

import time
from typing import Any

import numpy as np
import pytest
from confluent_kafka import Producer
from msgspec import structs

from dashboards.report_rows import rows_from_log
from models.decided_payments import decided_payments, reported_disputes
from models.messages import DeadLetterReason, Decision, Refusal, encode
from models.units import DAY_MS
from streams.errors import Misconfigured
from streams.kafka import ensure_agent_topics, ensure_topics
from tests.models.simulated_quarter import SimulatedQuarter, simulated_quarter

ENGINE = "report-rows"
DAYS = 12


def sent(bootstrap: str, made: SimulatedQuarter) -> None:
    """The messages on the topics of an engine, and some that must change nothing."""
    ensure_topics(bootstrap, ENGINE)
    ensure_agent_topics(bootstrap, ENGINE)
    producer = Producer({"bootstrap.servers": bootstrap})
    decisions = [structs.replace(each, engine=ENGINE) for each in made.decisions]
    refusal = Refusal(ENGINE, "acme", "p9", DeadLetterReason.CONFLICT, "why", "what to do")
    repeated = structs.replace(decisions[0], duplicate=True)
    messages: list[tuple[str, Any]] = [
        *(("payments", payment) for payment in made.payments),
        *(("outcomes", outcome) for outcome in made.outcomes),
        *(("labels", label) for label in made.labels),
        ("payments", made.labels[0]),  # on the wrong topic
        ("labels", b"no JSON"),
        *(("decisions", decision) for decision in decisions),
        ("decisions", refusal), ("decisions", repeated),
        *(("disputes", dispute) for dispute in made.disputes),
        ("disputes", b"no JSON"),
    ]  # fmt: skip
    for role, message in messages:
        value = message if isinstance(message, bytes) else encode(message)
        producer.produce(f"{ENGINE}.{role}", value)
        producer.poll(0)
    producer.flush(60)


@pytest.mark.kafka
def test_rows_from_the_log_are_those_of_its_messages(kafka: str) -> None:
    today = int(time.time()) // 86_400
    start_ms = (today - DAYS + 1) * DAY_MS
    made = simulated_quarter(3, 30, DAYS, 0.02, 0.2, start_ms)
    sent(kafka, made)
    as_of_ms = (today + 1) * DAY_MS
    read = rows_from_log(kafka, ENGINE, start_ms - DAY_MS // 2, as_of_ms, "bank", "ltd")
    decisions: list[Decision] = [structs.replace(each, engine=ENGINE) for each in made.decisions]
    expected = decided_payments(decisions, made.payments, made.outcomes, made.labels, as_of_ms)
    for name, column in vars(expected).items():
        assert np.array_equal(column, getattr(read.decided, name)), name
    reported = reported_disputes(made.disputes, expected, as_of_ms, "bank")
    assert len(reported.kinds)
    for name, column in vars(reported).items():
        assert np.array_equal(column, getattr(read.activity.reports, name)), name
    assert read.remote is not None
    assert read.notes == ()
    assert "begins 199 days after" in rows_from_log(kafka, ENGINE, start_ms - 199 * DAY_MS, as_of_ms).notes[0]
    assert not len(rows_from_log(kafka, ENGINE, start_ms, start_ms).decided)


@pytest.mark.kafka
def test_an_engine_that_is_not_there_is_named(kafka: str) -> None:
    with pytest.raises(Misconfigured, match=r"there is no topic nobody\.decisions"):
        rows_from_log(kafka, "nobody", 0, 1)
