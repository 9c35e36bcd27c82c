"""A file that is complete under its own name, or not there."""

import os
from pathlib import Path
from types import TracebackType
from typing import Self

PARTIAL = ".partial"
_OPEN: set[Path] = set()
"""What this process is writing. Its process id alone does not tell: in a container every run is number 1."""


def write_atomically(path: Path, content: bytes | str, *, durable: bool = False) -> None:
    """Replaces the file at `path` by `content` in one step, text as UTF-8. Creates missing folders.

    A power cut after a `durable` write does not lose it. Without `durable` it may, as a whole: then the old
    content is back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with StagedFile(path, durable=durable) as file:
        file.partial.write_bytes(content.encode() if isinstance(content, str) else content)


class StagedFile:
    """A file under way. As a context it takes its place at the end, or is deleted after an exception.

    One writer of a path per process at a time; writers of several processes do not meet, the last one to
    commit wins. The folder must exist.
    """

    partial: Path
    """Where to write until `commit`: `.<name>.<pid>.partial` in the same folder. Hidden, because pyarrow and
    Spark read every file of a folder that is not as part of a data set.
    """

    def __init__(self, path: Path, *, durable: bool = False) -> None:
        self.partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
        self._path, self._durable = path, durable
        _OPEN.add(self.partial)

    def commit(self) -> None:
        """Gives the file its final name. Whatever wrote it must be closed."""
        if self._durable:
            _sync(self.partial)
        self.partial.replace(self._path)
        if self._durable:
            sync_folder(self._path.parent)
        _OPEN.discard(self.partial)

    def discard(self) -> None:
        """Deletes what was written; what was at the path before stays."""
        self.partial.unlink(missing_ok=True)
        _OPEN.discard(self.partial)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            self.discard()  # after a commit there is nothing left to delete


def remove_partials(folder: Path) -> None:
    """Deletes the partial files that killed processes left in a folder."""
    for path in folder.glob(f"*{PARTIAL}"):
        if not _is_being_written(path):
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes renames, links and deletions in a folder survive a power cut."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_being_written(partial: Path) -> bool:
    process = partial.name.removesuffix(PARTIAL).rpartition(".")[2]
    if not process.isdigit():
        return True  # not a name of ours
    return partial in _OPEN if int(process) == os.getpid() else Path(f"/proc/{process}").exists()
