"""A process that gives way does so to the processes of other sessions as well."""

import subprocess
from pathlib import Path

import pytest

from streams.platform.processes import session_gives_way


def test_its_session_has_the_value() -> None:
    if not Path("/proc/self/autogroup").exists():
        pytest.skip("this kernel does not group processes by session")
    with subprocess.Popen(["sleep", "30"], start_new_session=True) as process:
        try:
            session_gives_way(process.pid)
            assert Path(f"/proc/{process.pid}/autogroup").read_text(encoding="ascii").endswith("nice 10\n")
        finally:
            process.kill()


def test_a_process_that_has_ended_is_no_error() -> None:
    with subprocess.Popen(["true"], start_new_session=True) as process:
        process.wait()
    session_gives_way(process.pid)
