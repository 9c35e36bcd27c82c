"""The side that asks: starts the process, hands it an artefact, waits for the verdict."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Timer
from time import monotonic
from typing import Final

import msgspec

from streams.model_probe.blocks import ProbeVerdict, write_block

LIMIT_S: Final = 60.0
"""To start, load and score. The largest model that is let through takes a tenth of it."""
PATIENT_LIMIT_S: Final = 300.0
"""Where nobody waits: on a new host kernels are compiled first."""

_KEPT: Final = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")
_KEPT_PREFIXES: Final = ("PYTHON", "NUMBA_", "LC_")


class ModelProbe:
    """Scores models in a process of its own. One that is `standing` is kept between models, so that an engine
    waits for the scoring only.
    """

    def __init__(self, names: Sequence[str], standing: bool = False, limit_s: float = LIMIT_S) -> None:
        """`names`: the catalogue's columns. Nothing is started yet."""
        self.standing = standing
        self._names = list(names)
        self._limit_s = limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._code = 0

    def start(self) -> None:
        """Starts the process where none runs; returns at once."""
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streams.model_probe.scoring_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
            )

    def verdict(self, artefact: bytes) -> ProbeVerdict:
        """Whether this model may go live, and why not."""
        was_standing, deadline = self._process is not None, monotonic() + self._limit_s
        verdict = self._asked(artefact, deadline)
        if verdict is None and was_standing and monotonic() < deadline:
            verdict = self._asked(artefact, deadline)  # it may have ended of something else: a new process
        if not self.standing:
            self.close()
        return verdict or ProbeVerdict(
            f"it ended the process that scored it on a probe ({self._how_ended()})"
        )

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(BrokenPipeError):
                process.__exit__(None, None, None)
            self._code = process.returncode

    def _asked(self, artefact: bytes, deadline: float) -> ProbeVerdict | None:
        """What the process says; None where it ended first, or was ended at `deadline` (monotonic, s)."""
        self.start()
        assert self._process is not None
        timer = Timer(deadline - monotonic(), self._process.kill)
        timer.start()
        try:
            line = self._answer(self._process, artefact)
        finally:
            timer.cancel()
        if not line:
            self.close()
            return None
        return msgspec.json.decode(line, type=ProbeVerdict)

    def _answer(self, process: "subprocess.Popen[bytes]", artefact: bytes) -> bytes:
        """A line; nothing where the process ended first."""
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            write_block(process.stdin, msgspec.json.encode(self._names))
            write_block(process.stdin, artefact)
        return process.stdout.readline()

    def _how_ended(self) -> str:
        if self._code == -signal.SIGKILL:
            return f"it took more than {self._limit_s:.0f} s, or was killed"
        return signal.Signals(-self._code).name if self._code < 0 else f"exit code {self._code}"


def _environment() -> dict[str, str]:
    """No settings of ours, so no passwords either."""
    return {
        name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)
    }
