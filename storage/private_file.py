"""A file that its owner alone can read."""

import os
from pathlib import Path

OWNER_ONLY = 0o600


def write_new_private(path: Path, content: bytes) -> None:
    """Writes a file that is not there yet, never readable by others, not even for a moment. It survives a
    power cut once its folder is synced as well. Raises `FileExistsError`.
    """
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
