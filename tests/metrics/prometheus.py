"""Debian's Prometheus and promtool for tests: on the PATH, or fetched by deploy/prometheus.sh."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
RULES: Final = ROOT / "deploy/observability"


@cache
def tool(name: str) -> Path:
    """A program of Prometheus. Where it cannot be had the test is skipped, but never on CI."""
    installed = shutil.which(name)
    if installed:
        return Path(installed)
    fetched = subprocess.run(
        ["sh", "deploy/prometheus.sh"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    if fetched.returncode:
        reason = f"no Prometheus here ({fetched.stderr.strip()[-300:]}): sh deploy/prometheus.sh"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    return Path(fetched.stdout.splitlines()[-1]) / name
