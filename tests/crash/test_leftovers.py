"""A run that is killed leaves no process behind: neither children nor what left its session."""

import subprocess
import sys
import time

import psutil

RUN = """
import os, subprocess, sys, time
from tests.support.leftovers import watch
watch()
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
child = subprocess.Popen(sleep)
detached = subprocess.Popen(sleep, start_new_session=True)
print(child.pid, detached.pid, flush=True)
time.sleep(600)
"""
ENDED_S = 30.0


def test_what_a_killed_run_started_is_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", RUN], stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        started = [psutil.Process(int(pid)) for pid in run.stdout.readline().split()]
        assert all(process.is_running() for process in started)
        run.kill()
    deadline = time.monotonic() + ENDED_S
    while any(_lives(process) for process in started):
        assert time.monotonic() < deadline, "left behind"
        time.sleep(0.1)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
