"""When Kafka was last heard, from its client's statistics: they are looked at, and decide nothing."""

import logging

import pytest

from streams.engine.input.contact import BrokerContact


@pytest.mark.parametrize(
    "statistics", ["", "{", "[]", '{"brokers": 7}', '{"brokers": {"a": {"rxidle": "x"}}}']
)
def test_statistics_of_another_form_end_nothing(statistics: str, caplog: pytest.LogCaptureFixture) -> None:
    """What raises in this callback is raised by the consumer's `poll`: it would end the engine."""
    contact = BrokerContact(lambda: 100.0)
    contact.note('{"brokers": {"a": {"rxidle": 2000000}}}')
    with caplog.at_level(logging.WARNING):
        contact.note(statistics)
        contact.note(statistics)
    assert contact.heard_s == 98.0
    assert caplog.text.count("statistics") == 1, "said once"


def test_brokers_that_said_nothing_yet_are_not_counted() -> None:
    contact = BrokerContact(lambda: 100.0)
    contact.note('{"brokers": {"a": {"rxidle": -1}}}')
    assert contact.heard_s == 0.0
