"""Kafka clients that a test leaves open: a consumer asks the broker 200 times a second until the run ends, a
producer complains on the standard error when the broker goes.

An engine that a test kills, or leaves behind as a zombie, closes nothing, and its garbage is not collected:
starting an engine freezes what the collector looks at.
"""

import logging
from typing import Any

import confluent_kafka
from confluent_kafka import Consumer, Producer

from streams.kafka import client

LOG = logging.getLogger("rdkafka")
_made: list[Consumer] = []


class _NotedConsumer(Consumer):  # type: ignore[misc]
    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{"logger": LOG} | settings)
        _made.append(self)


class _LoggedProducer(Producer):  # type: ignore[misc]
    """Closing one that was fenced is an error in the client: it only speaks where pytest listens."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{"logger": LOG} | settings)


def note() -> None:
    """From now on every client made in this process, by the product or by a test, is one of these."""
    for module in (confluent_kafka, client):
        vars(module).update(Consumer=_NotedConsumer, Producer=_LoggedProducer)


def forget() -> None:
    """Consumers made so far belong to fixtures, which close them."""
    _made.clear()


def close() -> None:
    """Closes consumers made since; one that is closed already stays so."""
    while _made:
        _made.pop().close()
