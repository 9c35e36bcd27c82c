"""A file that its owner alone can read."""

import os
from pathlib import Path

from storage.staged_file import StagedFile

OWNER_ONLY = 0o600


def write_new_private(path: Path, content: bytes) -> None:
    """Writes a file that is not there yet, never readable by others, not even for a moment. It survives a
    power cut once its folder is synced as well. Raises `FileExistsError`.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_private(path: Path, content: bytes) -> None:
    """Replaces the file at `path` in one step; what is new is never readable by others. Creates missing
    folders.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with StagedFile(path) as file:
        file.partial.unlink(missing_ok=True)  # of a process of this number that was killed
        write_new_private(file.partial, content)
