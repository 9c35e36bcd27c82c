"""A lock that one process of a machine holds at a time."""

import errno
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class LockHeld(Exception):  # noqa: N818 - named by what happened, as all errors here
    """Another process holds the lock. `owner`: its process id, "unknown" where it wrote none."""

    def __init__(self, path: Path, owner: str) -> None:
        super().__init__(f"{path} is locked by process {owner}")
        self.owner = owner


class ProcessLock:
    """Held from its creation to `release`, the end of its context, or the end of the process.

    `path` is the lock's own file, not the file it protects: it stays there and holds the owner's process id.
    """

    def __init__(self, path: Path, *, wait: bool = False) -> None:
        """`wait`: until the other process releases it. Otherwise raises `LockHeld` at once."""
        import filelock  # 0.1 s, which commands without a lock need not spend

        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            raise OSError(errno.ELOOP, "a lock must be a file of its own, not a link to another", str(path))
        self._lock = filelock.FileLock(path, thread_local=False)
        try:
            self._lock.acquire(timeout=-1 if wait else 0)
        except filelock.Timeout:
            raise LockHeld(path, _owner(path)) from None
        path.write_text(f"{os.getpid()}\n", encoding="utf-8")

    def release(self) -> None:
        """Lets the next process have it. Has no effect the second time."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _owner(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip() or "unknown"
    except OSError:
        return "unknown"
