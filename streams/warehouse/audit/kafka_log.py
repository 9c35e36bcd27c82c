"""A copy of an engine's topics as they are in Kafka, for a recount. All of it in memory."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streams.kafka import Topics
from streams.warehouse.audit.compare import read_chunks
from streams.warehouse.audit.log_copy import LogCopy, LogRecord, read_record
from streams.warehouse.audit.recount import recount
from streams.warehouse.sink import LogReader
from streams.warehouse.stages import STAGES
from streams.warehouse.tables import Row

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


def recount_log(bootstrap: str, client: "Client", engine: str, network_key: bytes) -> list[str]:
    """The differences between the tables of an engine and a recount of its log, at most 20.

    Needs about 20 kB of memory a payment. What is sunk meanwhile counts as a difference: wait until all is.
    """
    return recount(client, LogCopy(engine, _records(bootstrap, engine)), network_key)


def _records(bootstrap: str, engine: str) -> Iterator[LogRecord]:
    reader = LogReader(
        bootstrap, f"{engine}-compare", lambda messages: [Row(each, None) for each in messages]
    )
    topics = {Topics(engine)[role] for stage in STAGES for role in stage.sources}
    try:
        for partition in reader.partitions(sorted(topics)):
            for messages in read_chunks(reader, partition):
                for message in messages:
                    value = message.value() or b""
                    appended_at = message.timestamp()[1]
                    yield read_record(partition.role, partition.number, message.offset(), appended_at, value)
    finally:
        reader.close()
