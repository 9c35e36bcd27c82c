"""How often Kafka's client waited a fixed time within a transaction.

librdkafka registers a transaction's partitions before it sends to them. While the markers of the transaction
before are being written Kafka refuses that, and the client waits 20 ms; after other errors that pass, 500. It
says so in its log of debugging alone, which costs some 0.1 ms a transaction: the same for all that is
compared.
"""

import logging
from typing import Any

from confluent_kafka import Producer

from streams.kafka import transactions

REFUSED = "AddPartitionsToTxn response: partition"
CONCURRENT = "another concurrent operation"
ENDED = "EndTxn returned"


class FixedWaits(logging.Handler):
    """Counts them from the log of the transactional producers that are made after `watch`."""

    def __init__(self) -> None:
        super().__init__()
        self.of_20_ms = 0
        self.of_500_ms = 0
        self._logger = logging.Logger("librdkafka", logging.DEBUG)
        self._logger.addHandler(self)

    def watch(self) -> "FixedWaits":
        """From outside, in this process only."""
        place: Any = transactions
        place.producer = lambda settings: Producer({**settings, "debug": "eos"}, logger=self._logger)
        return self

    def emit(self, record: logging.LogRecord) -> None:
        """One line of the client's."""
        text = record.getMessage()
        if REFUSED in text:
            if CONCURRENT in text:
                self.of_20_ms += 1
            else:
                self.of_500_ms += 1
        elif ENDED in text and "NO_ERROR" not in text:
            self.of_500_ms += 1

    def figures(self) -> dict[str, int]:
        """For the last line of a step."""
        return {"waits_of_20_ms": self.of_20_ms, "waits_of_500_ms": self.of_500_ms}
