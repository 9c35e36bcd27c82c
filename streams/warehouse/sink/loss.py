"""A sink goes on behind messages that are gone before it had sunk them.

Invariant: only what the topic no longer holds is passed over, and the sink that was running is fenced first,
as by any other sink: no range is inserted twice or in part.
"""

from typing import TYPE_CHECKING

from streams.kafka import start_offsets
from streams.warehouse.sink.block_insert import warehouse_identity
from streams.warehouse.sink.ledger import ProgressLedger
from streams.warehouse.sink.log_range import Partition
from streams.warehouse.sink.progress import recorded_progress
from streams.warehouse.stages import STAGES, SinkStage, sink_group

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

Gone = dict[str, tuple[int, int]]
"""By topic: the first offset that was not sunk, and the first that is still there."""


def gone_before_sunk(bootstrap: str, client: "Client", engine: str) -> Gone:
    """What is gone of an engine's topics that this warehouse had not sunk. Changes nothing."""
    gone: Gone = {}
    for stage in STAGES:
        for topic, (first, there) in _gone_of(bootstrap, client, engine, stage).items():
            gone[topic] = min(first, gone.get(topic, (first, there))[0]), there
    return gone


def _gone_of(bootstrap: str, client: "Client", engine: str, stage: SinkStage) -> Gone:
    known = recorded_progress(bootstrap, client, engine, stage)
    starts = start_offsets(bootstrap, sorted({partition.topic for partition in known}))
    return {
        partition.topic: (progress.position, starts[partition.topic])
        for partition, progress in known.items()
        if progress is not None and progress.position < starts[partition.topic]
    }


def pass_over_sunk(bootstrap: str, client: "Client", engine: str, gone: Gone) -> None:
    """The sink goes on with the first message that is still there."""
    for stage in STAGES:
        own = _gone_of(bootstrap, client, engine, stage)
        there = {Partition(topic, 0): gone[topic][1] for topic in own if topic in gone}
        if there:
            _complete(bootstrap, client, sink_group(engine, stage), there)


def _complete(bootstrap: str, client: "Client", group: str, there: dict[Partition, int]) -> None:
    ledger = ProgressLedger(bootstrap, group, warehouse_identity(client))
    try:
        ledger.complete(there)
    finally:
        ledger.close()
