"""Files written whole and locks between processes.

Invariants:
- A file under its final name is complete: it is written under a temporary name in the same folder, then
  renamed. Readers see the old content or the new one.
- `durable` content survives a power cut once the call returned: file and folder are synced.
- A private folder can be entered by its owner alone, a private file read by its owner alone.
- A lock belongs to a living process: the kernel releases it when the process ends, however it ends.

Below every other package, so that `streams` and `training`, which do not know each other, share it. Imports
the standard library only; `filelock` and `pyarrow` where a lock or a Parquet file is made.
"""

from storage.parquet_file import ParquetFile
from storage.private_file import replace_private, write_new_private
from storage.private_folder import make_private
from storage.process_lock import LockHeld, ProcessLock
from storage.staged_file import StagedFile, remove_partials, sync_folder, write_atomically

__all__ = [
    "LockHeld",
    "ParquetFile",
    "ProcessLock",
    "StagedFile",
    "make_private",
    "remove_partials",
    "replace_private",
    "sync_folder",
    "write_atomically",
    "write_new_private",
]
