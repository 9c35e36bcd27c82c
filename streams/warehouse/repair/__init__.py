"""What is wrong with the warehouse, and putting it right from the log.

Invariants
- Finding faults only reads, as an analyst.
- While a rebuild is asked for, no sink runs; every step of it can be repeated after a crash.
- Rows that the log no longer holds are kept. Those it holds are deleted before they are read again, so no row
  is there twice.

Imports `streams.kafka`, `streams.warehouse.schema`, `tables` and `sink`.
"""

from streams.warehouse.repair.faults import warehouse_faults
from streams.warehouse.repair.rebuild import Rebuild, RebuildReport, chosen_tables
from streams.warehouse.repair.request import AlreadySinking, RebuildRequest

__all__ = [
    "AlreadySinking",
    "Rebuild",
    "RebuildReport",
    "RebuildRequest",
    "chosen_tables",
    "warehouse_faults",
]
