"""Files of payments and labels as people have them, read by a map into messages.

Invariants
- What cannot be read into its field's type is passed on as it stands: nothing is dropped or repaired.
- A label comes before the first payment of its time or later, and after its own payment.

Imports models, features and errors only.
"""

from streams.sources.files import tables
from streams.sources.files.data_set_log import DataSetLog, MessageBatch, MessageKind
from streams.sources.files.file_metadata import numeric_keys
from streams.sources.files.label_file import NOT_GIVEN, VALUES, LabelFile, label_rows
from streams.sources.files.mapping import NO_TIME, label_of, label_values, map_rows, texts
from streams.sources.files.pending_labels import PendingLabels
from streams.sources.files.replay_map import ReplayMap, check_columns, delay_ms, load, pieces, placeholders
from streams.sources.files.tables import read

__all__ = [
    "NOT_GIVEN",
    "NO_TIME",
    "VALUES",
    "DataSetLog",
    "LabelFile",
    "MessageBatch",
    "MessageKind",
    "PendingLabels",
    "ReplayMap",
    "check_columns",
    "delay_ms",
    "label_of",
    "label_rows",
    "label_values",
    "load",
    "map_rows",
    "numeric_keys",
    "pieces",
    "placeholders",
    "read",
    "tables",
    "texts",
]
