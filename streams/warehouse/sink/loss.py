"""A sink goes on behind messages that are gone before it had sunk them.

Invariant: only what the topic no longer holds is passed over, and the sink that was running is fenced first,
as by any other sink: no range is inserted twice or in part.
"""

from typing import TYPE_CHECKING

from streams.kafka import Topics, start_offsets
from streams.warehouse.sink.block_insert import warehouse_identity
from streams.warehouse.sink.ledger import ProgressLedger
from streams.warehouse.sink.log_range import Partition
from streams.warehouse.sink.progress import recorded_progress
from streams.warehouse.sink.rows import TABLES
from streams.warehouse.sink.sink import sink_group

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

Gone = dict[str, tuple[int, int]]
"""By topic: the first offset that was not sunk, and the first that is still there."""


def gone_before_sunk(bootstrap: str, client: "Client", engine: str) -> Gone:
    """What is gone of an engine's outputs that this warehouse had not sunk. Changes nothing."""
    starts = start_offsets(bootstrap, [Topics(engine)[table.role] for table in TABLES])
    return {
        partition.topic: (known.position, starts[partition.topic])
        for partition, known in recorded_progress(bootstrap, client, engine).items()
        if known is not None and known.position < starts[partition.topic]
    }


def pass_over_sunk(bootstrap: str, client: "Client", engine: str, gone: Gone) -> None:
    """The sink goes on with the first message that is still there."""
    ledger = ProgressLedger(bootstrap, sink_group(engine), warehouse_identity(client))
    try:
        ledger.complete({Partition(topic, 0): there for topic, (_, there) in gone.items()})
    finally:
        ledger.close()
