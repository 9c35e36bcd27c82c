"""The rows of the warehouse: which messages of the log become which columns of which table.

Invariants
- A row is a function of its message and of what lay on the log before it; so it is the same whenever it is
  made.
- A message that the engine could not read has no row but its dead letter. No card number and no address of a
  payer is in a row.

No I/O but the key of the hashed networks. Imports models, storage and `streams.engine.input`, by whose reader
inputs are read.
"""

from streams.warehouse.tables.decisions import deciding_rule
from streams.warehouse.tables.facts import (
    NO_DECISION,
    NO_PAYMENT,
    DecidedFacts,
    DecisionFacts,
    DisputeFacts,
    LabelFacts,
    OutcomeFacts,
    PaymentTokens,
)
from streams.warehouse.tables.ip_network import IpNetworks, network_key
from streams.warehouse.tables.reading import RowReader
from streams.warehouse.tables.row import Row
from streams.warehouse.tables.tables import TABLES, WarehouseTable, blocks, primary_tables, roles_of

__all__ = [
    "NO_DECISION",
    "NO_PAYMENT",
    "TABLES",
    "DecidedFacts",
    "DecisionFacts",
    "DisputeFacts",
    "IpNetworks",
    "LabelFacts",
    "OutcomeFacts",
    "PaymentTokens",
    "Row",
    "RowReader",
    "WarehouseTable",
    "blocks",
    "deciding_rule",
    "network_key",
    "primary_tables",
    "roles_of",
]
