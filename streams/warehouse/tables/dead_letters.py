"""The rows of table `dead_letters`. A refusal among the decisions has its row here, where `answered` says so:
readers leave it out before a range is made.
"""

from collections.abc import Sequence

import pyarrow as pa

from models.messages import DeadLetter
from streams.warehouse.tables.columns import Columns, coordinates, numbers, texts, times
from streams.warehouse.tables.ip_network import IpNetworks
from streams.warehouse.tables.row import Row


def dead_letter_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:  # noqa: ARG001 - as every table's
    """Each message that was refused."""
    letters: list[DeadLetter] = [row.content for row in rows]
    return {
        "topic": texts(d.topic for d in letters),
        "partition": numbers((d.partition for d in letters), pa.uint32()),
        "offset": numbers((d.offset for d in letters), pa.uint64()),
        "received_at": times([d.received_at for d in letters]),
        "decided_at": times([row.appended_at for row in rows]),
        "reason": texts(d.reason.value for d in letters),
        "detail": texts(d.detail for d in letters),
        "payload_bytes": numbers((d.payload_bytes for d in letters), pa.uint64()),
        "payload_sha256": texts(d.payload_sha256 for d in letters),
        "payload": numbers((d.payload for d in letters), pa.binary()),
        "masked": numbers((d.masked for d in letters), pa.bool_()),
        "merchant_account": texts(d.merchant_account or "" for d in letters),
        "payment_id": texts(d.payment_id or "" for d in letters),
        "answered": numbers((d.answered is True for d in letters), pa.bool_()),
        **coordinates(rows),
    }
