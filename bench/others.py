"""Quix Streams and Faust on the same payments, each in an environment of its own made by the bench itself.

What cannot be installed or run is recorded as such: the rest of the bench goes on.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.place import ROOT, Place, StepFailed, result_of

REQUIREMENTS = {"quix": "quixstreams==3.28.1", "faust": "faust-streaming==0.15.3"}
INSTALL_LIMIT_S = 180.0

CONTENDERS = (
    ("Quix Streams, sliding window", "quix", "quix_sliding.py", ()),
    ("Faust, pass-through", "faust", "faust_agent.py", ("pass",)),
    ("Faust, hopping table", "faust", "faust_agent.py", ("table",)),
)


def environment(cache: Path, name: str) -> Path:
    """The Python of the environment that holds contender `name`; made when it is not there."""
    folder = cache / REQUIREMENTS[name]
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        for command in _install(folder, python, REQUIREMENTS[name]):
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_LIMIT_S)
        ready.touch()
    return python


def _install(folder: Path, python: Path, requirement: str) -> list[list[str]]:
    """By uv where there is one, else by this Python's own venv and pip."""
    if uv := shutil.which("uv"):
        return [
            [uv, "venv", "--quiet", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--quiet", "--python", str(python), requirement],
        ]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", requirement],
    ]


def measure(place: Place, topic: str, warm: dict[str, int], count: dict[str, int]) -> list[dict[str, Any]]:
    """CPU time a message of every contender, or why there is none. `warm` and `count` by contender."""
    return [
        {"name": name, **_one(place, name, environment_name, script, options, topic, warm[name], count[name])}
        for name, environment_name, script, options in CONTENDERS
    ]


def _one(place: Place, name: str, needs: str, script: str, options: tuple[str, ...], topic: str, warm: int,
         count: int) -> dict[str, Any]:  # fmt: skip
    state = place.home / "contenders" / name.replace(" ", "-").replace(",", "")
    state.mkdir(parents=True, exist_ok=True)
    try:
        python = environment(place.cache, needs)
        given = (place.bootstrap, topic, str(state), str(warm), str(count), *options)
        return result_of([str(python), str(ROOT / "bench" / script), *given], limit_s=90.0)
    except (subprocess.SubprocessError, OSError, StepFailed) as failure:
        return {"unavailable": str(failure)[-500:]}
