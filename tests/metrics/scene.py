"""A stretch of time in which processes work, break and recover, as Prometheus sees it: what real meters serve
is read every few seconds, and given to promtool, which evaluates our rules over it.
"""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from streams.metrics.meters import Meters
from tests.engine.engine_log import NOW
from tests.metrics.metered_engine import HandClock
from tests.metrics.prometheus import RULES

START_S: Final = NOW / 1_000
"""promtool's clock begins at 0: times that metrics state are shifted by this."""
FILES: Final = ("alerts.yml", "objectives.yml")


@dataclass
class Target:
    """One process."""

    meters: Meters
    is_up: bool = True


@dataclass
class Scene:
    """What is recorded of some processes. A new scene begins at `START_S`."""

    step_s: float = 15.0
    clock: HandClock = field(default_factory=lambda: HandClock(START_S))
    targets: dict[str, Target] = field(default_factory=dict)
    ticks: int = 0
    is_whole: bool = False
    """Keeps all figures, not only those that the rules speak of."""
    _series: dict[str, list[str]] = field(default_factory=dict)
    _read: dict[str, list[tuple[str, list[str], float]]] = field(default_factory=dict)

    def add(self, process: str, meters: Meters) -> Target:
        target = self.targets[process] = Target(meters)
        return target

    def run(self, seconds: float, each: Callable[[], object] | None = None) -> None:
        """`each` before every scrape; without it the figures stay as they are now."""
        for tick in range(round(seconds / self.step_s)):
            self.clock.now_s = START_S + self.ticks * self.step_s
            if each is not None:
                each()
            if each is not None or tick == 0:
                self._read = {
                    name: _samples(target.meters, self.is_whole) for name, target in self.targets.items()
                }
            self._scrape()

    def _scrape(self) -> None:
        for process, target in self.targets.items():
            place = f'instance="{process}:9464",job="tollgate",process="{process}"'
            self._note(f"up{{{place}}}", float(target.is_up))
            if target.is_up:
                for name, labels, value in self._read[process]:
                    shift = START_S if name.endswith("_timestamp_seconds") else 0.0
                    self._note(f"{name}{{{','.join([*labels, place])}}}", value - shift)
        self.ticks += 1
        for values in self._series.values():
            if len(values) < self.ticks:
                values.append("stale" if values[-1] not in ("stale", "_") else "_")

    def _note(self, series: str, value: float) -> None:
        values = self._series.setdefault(series, ["_"] * self.ticks)
        values.append(repr(value))

    def openmetrics(self) -> str:
        """Every sample with its true time, as promtool makes blocks of it."""
        lines = []
        for series, values in self._series.items():
            shift = START_S if "_timestamp_seconds{" in series else 0.0
            for tick, value in enumerate(values):
                if value not in ("stale", "_"):
                    lines.append(f"{series} {float(value) + shift} {START_S + tick * self.step_s}")
        return "\n".join([*lines, "# EOF", ""])

    @property
    def now_s(self) -> float:
        """promtool's time of the last scrape."""
        return max(0, self.ticks - 1) * self.step_s

    def firing(self, alert: str, times_s: list[float], promtool: Path, folder: Path) -> list[bool]:
        """Whether the alert fires at these times."""
        fires = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) > bool 0 or vector(0)'
        document = {
            "rule_files": [str(RULES / name) for name in FILES],
            "evaluation_interval": f"{round(self.step_s)}s",
            "tests": [{
                "interval": f"{round(self.step_s)}s",
                "input_series": [
                    {"series": series, "values": " ".join(values)} for series, values in self._series.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": fires,
                        "eval_time": f"{round(time_s)}s",
                        "exp_samples": [{"labels": "{}", "value": 1}],
                    }
                    for time_s in times_s
                ],
            }],
        }  # fmt: skip
        file = folder / "scene.yml"
        file.write_text(yaml.safe_dump(document, width=1_000_000))
        done = subprocess.run(
            [promtool, "test", "rules", file], capture_output=True, text=True, timeout=120, check=False
        )
        output = done.stdout + done.stderr
        calm = {float(_seconds(time)) for time in re.findall(r"time: ([\ddhms.]+),\s", output)}
        assert done.returncode == 0 or calm, output[-2_000:]
        return [time_s not in calm for time_s in times_s]


def _seconds(text: str) -> float:
    """`1d2h3m4s` as promtool writes it."""
    units = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)([dhms])", text))


def _samples(meters: Meters, is_whole: bool) -> list[tuple[str, list[str], float]]:
    """What is served; unless `is_whole`, what the rules speak of."""
    return [
        (sample.name, [f'{name}="{value}"' for name, value in sample.labels.items()], sample.value)
        for family in meters.registry.collect()
        for sample in family.samples
        if is_whole or sample.name in _spoken_of()
    ]


@cache
def _spoken_of() -> frozenset[str]:
    text = "".join((RULES / name).read_text() for name in FILES)
    return frozenset(re.findall(r"\btollgate_[a-z_]+", text))


def rules_by_name() -> dict[str, Any]:
    """Our alerts."""
    documents = [yaml.safe_load((RULES / name).read_text()) for name in FILES]
    return {
        rule["alert"]: rule
        for document in documents
        for group in document["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
