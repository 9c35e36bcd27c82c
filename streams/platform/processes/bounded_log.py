"""A log file that cannot fill the disk: one file of LIMIT_BYTES and the one before it."""

import shutil
from pathlib import Path
from typing import IO

LIMIT_BYTES = 20 << 20


def open_log(path: Path, limit_bytes: int = LIMIT_BYTES) -> IO[bytes]:
    """For a child to append to. A file that is too long already is moved aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > limit_bytes:
        path.replace(_before(path))
    return path.open("ab")


def bound(path: Path, limit_bytes: int = LIMIT_BYTES) -> bool:
    """Copies a log that grew too long aside and empties it, while its writer goes on; whether it was.

    Lines written between copy and cut are lost: a log is not a record.
    """
    if not path.exists() or path.stat().st_size <= limit_bytes:
        return False
    shutil.copyfile(path, _before(path))
    with path.open("r+b") as handle:
        handle.truncate(0)
    return True


def last_lines(path: Path, lines: int = 10) -> str:
    """The end of a log, for a message."""
    try:
        with path.open("rb") as handle:
            handle.seek(max(0, path.stat().st_size - 16_384))
            text = handle.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def _before(path: Path) -> Path:
    return path.with_name(path.name + ".1")
