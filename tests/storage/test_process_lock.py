"""One process at a time, and the kernel lets go of the lock of a killed one."""

import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from storage import LockHeld, ProcessLock

HOLDER = """
import sys
from pathlib import Path
from storage import ProcessLock
lock = ProcessLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_holder_learns_the_process_id_of_the_first_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "run" / "supervisor.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockHeld) as held:
            ProcessLock(path)
        assert held.value.owner == str(holder.pid)
        holder.kill()
        with ProcessLock(path, wait=True):
            pass


def test_a_lock_is_an_flock_and_released_with_its_context(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with ProcessLock(path), path.open() as other, pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    lock = ProcessLock(path)
    lock.release()
    lock.release()
    ProcessLock(path).release()


def test_a_link_to_another_file_is_no_lock(tmp_path: Path) -> None:
    precious, path = tmp_path / "precious", tmp_path / "lock"
    precious.write_text("kept", encoding="utf-8")
    path.symlink_to(precious)
    with pytest.raises(OSError, match="not a link"):
        ProcessLock(path)
    assert precious.read_text(encoding="utf-8") == "kept"
