"""Alerts and objectives: each fires by its cause and not before, names what is measured, and has its section
of the runbook.
"""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from dashboards.boards import BOARDS
from dashboards.objectives import OBJECTIVES, rules_file
from streams.engine.core import Core
from streams.metrics import FAMILIES
from streams.metrics.meters import Meters
from tests.metrics.causes import CAUSES, World, following, sinking, skipping
from tests.metrics.metered_engine import MeteredEngine
from tests.metrics.prometheus import ROOT, RULES
from tests.metrics.scene import FILES, START_S, Scene, rules_by_name

ALERTS = rules_by_name()
PAGE = (ROOT / "docs/runbooks/alerts.md").read_text(encoding="utf-8")


def test_rules_are_prometheus_rules(promtool: Path) -> None:
    files = [RULES / name for name in FILES]
    subprocess.run([promtool, "check", "rules", *files], check=True, capture_output=True, timeout=60)
    configurations = [RULES / "prometheus.yml", RULES / "prometheus-compose.yml"]
    for configuration in configurations:
        subprocess.run(
            [promtool, "check", "config", "--syntax-only", configuration],
            check=True,
            capture_output=True,
            timeout=60,
        )


def test_every_alert_has_a_cause_and_every_cause_an_alert() -> None:
    assert CAUSES.keys() == ALERTS.keys()


@pytest.mark.parametrize("alert", sorted(CAUSES))
def test_an_alert_fires_by_its_cause_and_not_before(
    alert: str, promtool: Path, tmp_path: Path, make_core: Callable[[], Core], seed_controls: list[bytes]
) -> None:
    scene = Scene()
    calm_s = CAUSES[alert](World(scene, make_core, seed_controls))
    assert scene.firing(alert, [calm_s, scene.now_s], promtool, tmp_path) == [False, True]


def test_an_engine_that_hangs_or_hears_nothing_from_kafka_is_not_taken_for_idle(
    promtool: Path, tmp_path: Path, make_core: Callable[[], Core], seed_controls: list[bytes]
) -> None:
    """Nothing waits by what it knows, since it knows of nothing new."""

    def hangs(scene: Scene, _: MeteredEngine) -> None:
        scene.run(240.0)

    def hears_nothing(scene: Scene, engine: MeteredEngine) -> None:
        engine.contact.silent_since_s = scene.clock.now_s
        scene.run(240.0, engine.idle)

    for cause in (hangs, hears_nothing):
        scene = Scene()
        world = World(scene, make_core, seed_controls)
        engine = world.engine()
        calm_s = world.calm(engine, 1_200.0)
        cause(scene, engine)
        for alert in ("JournalStands", "AvailabilityBurnsFast"):
            assert scene.firing(alert, [calm_s, scene.now_s], promtool, tmp_path) == [False, True]


def test_labels_that_never_came_are_old_as_well(
    promtool: Path, tmp_path: Path, make_core: Callable[[], Core], seed_controls: list[bytes]
) -> None:
    """A start of the engine while no labels come does not end the alert for good."""
    scene = Scene(step_s=900.0)
    world = World(scene, make_core, seed_controls)
    engine = world.engine()
    calm_s = world.calm(engine, 3_600.0, count=1)
    world.calm(engine, 75 * 3_600.0, count=1)
    assert scene.firing("LabelsOld", [calm_s, scene.now_s], promtool, tmp_path) == [False, True]


def test_one_slow_payment_of_a_quiet_night_wakes_nobody(
    promtool: Path, tmp_path: Path, make_core: Callable[[], Core], seed_controls: list[bytes]
) -> None:
    scene = Scene(step_s=60.0)
    world = World(scene, make_core, seed_controls)
    engine = world.engine()
    for hour in range(4):
        for minute in range(0, 60, 10):
            slow = (hour, minute) == (3, 50)
            engine.step("payments", world.payments(1), waited_s=2.0 if slow else 0.02)
            scene.run(600.0, engine.idle)
    times_s = [scene.now_s - 480.0, scene.now_s - 360.0, scene.now_s]
    assert scene.firing("LatencyBurnsFast", times_s, promtool, tmp_path) == [False] * 3


def test_a_follower_that_is_started_again_makes_no_snapshot_younger(
    promtool: Path, tmp_path: Path, make_core: Callable[[], Core], seed_controls: list[bytes]
) -> None:
    """It ends before it has written one, again and again."""
    scene = Scene()
    world = World(scene, make_core, seed_controls)
    engine = world.engine()
    for _ in range(4):
        watcher, follower = following(scene, snapshot_at_s=START_S)
        look = watcher.watching(follower, bool)  # type: ignore[arg-type]

        def work(look: Callable[[], object] = look) -> None:
            engine.step("payments", world.payments(1))
            look()

        scene.run(360.0, work)
    assert scene.firing("SnapshotOld", [600.0, scene.now_s], promtool, tmp_path) == [False, True]


def test_a_sink_that_fails_at_each_start_has_failed_and_one_that_failed_once_has_not(
    promtool: Path, tmp_path: Path
) -> None:
    """It is started again every 10 s, and says meanwhile that it starts. The alert ends when it works."""
    scene = Scene(step_s=5.0)
    watcher, status = sinking(scene)

    def goes_through(*states: str) -> None:
        for state in states:
            status.state = state
            scene.run(10.0, lambda: watcher.looked(status))

    goes_through("failed", *["starting", "running"] * 15)
    once_s = [*range(round(scene.now_s) - 300, round(scene.now_s), 20)]
    goes_through(*["failed", "starting", "starting"] * 10)
    failing_s = scene.now_s
    goes_through(*["running"] * 15)
    times_s = [*map(float, once_s), failing_s, scene.now_s]
    calm = [False] * len(once_s)
    assert scene.firing("SinkFailed", times_s, promtool, tmp_path) == [*calm, True, False]


SKIPPED_FOR = re.findall(r'reason=~?"([^"]+)"', ALERTS["RecordsSkipped"]["expr"])[0].split("|")


@pytest.mark.parametrize("reason", SKIPPED_FOR)
def test_what_records_are_skipped_for_is_met_by_an_engine_that_is_watched(
    reason: str, promtool: Path, tmp_path: Path, make_core: Callable[[], Core], seed_controls: list[bytes]
) -> None:
    """A reason that only a command meets, which nobody scrapes, would never fire."""
    scene = Scene()
    calm_s = skipping(World(scene, make_core, seed_controls), reason)
    assert scene.firing("RecordsSkipped", [calm_s, scene.now_s], promtool, tmp_path) == [False, True]


BORN: Final = {
    "MetricsFaults": ("metrics_faults", {}, 15),
    "RecordsSkipped": ("dead_letters", {"engine": "test", "reason": "unreadable"}, 10),
    "ControlsUnauthorised": ("dead_letters", {"engine": "test", "reason": "unauthorised"}, 10),
    "ForeignRecords": ("sink_foreign_records", {"engine": "test", "sink": "clickhouse"}, 10),
    "SinkLeavesOut": ("sink_unreadable_records", {"engine": "test", "sink": "parquet"}, 10),
    "ListPutsRefused": ("list_puts_refused", {"engine": "test", "reason": "protected"}, 60),
    "RetrainingFails": ("retraining_runs", {"engine": "test", "outcome": "failed"}, 24 * 60),
}
"""What an alert counts, and for how many minutes it is news."""


@pytest.mark.parametrize("alert", sorted(BORN))
def test_what_was_counted_before_the_first_scrape_is_news_once(
    alert: str, promtool: Path, tmp_path: Path
) -> None:
    """By a process that came later than Prometheus: its counter never increases."""
    name, labels, minutes = BORN[alert]
    scene, meters = Scene(step_s=minutes), Meters(processes=False)
    scene.add("other", Meters(processes=False))
    scene.run(minutes * 60)
    calm_s = scene.now_s
    meters.counter(f"tollgate_{name}", **labels).add(2)
    scene.add("late", meters)
    scene.run(minutes * 30)
    news_s = scene.now_s
    scene.run(minutes * 60)
    assert scene.firing(alert, [calm_s, news_s, scene.now_s], promtool, tmp_path) == [False, True, False]


def test_every_alert_on_an_increase_sees_what_was_counted_before_the_first_scrape() -> None:
    assert BORN.keys() == {
        name for name, rule in ALERTS.items() if re.search(r"increase\(.*\)+ > 0(\s|$)", rule["expr"])
    }


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_an_alert_says_what_it_means_and_where_to_read_on(alert: str) -> None:
    rule = ALERTS[alert]
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".")
    page, _, section = rule["annotations"]["runbook"].partition("#")
    assert page == "docs/runbooks/alerts.md"
    assert section == alert.lower()
    assert re.search(rf"^## {alert}$", PAGE, re.MULTILINE)


def test_every_section_of_the_runbook_is_of_an_alert() -> None:
    assert set(re.findall(r"^## (\w+)$", PAGE, re.MULTILINE)) == ALERTS.keys()


def test_dashboards_and_panels_that_the_runbook_names_are_there() -> None:
    boards = {board.title.removeprefix("Tollgate: ") for board in BOARDS}
    panels = {panel.title for board in BOARDS for panel in board.panels}
    text = " ".join(PAGE.split())
    assert set(re.findall(r"[Dd]ashboard \*([^*]+)\*", text)) <= boards
    assert set(re.findall(r"[Pp]anel \*([^*]+)\*", text)) <= panels


def test_rules_speak_of_what_is_measured() -> None:
    text = "".join((RULES / name).read_text() for name in FILES)
    known = {family.exposed for family in FAMILIES.values()}
    known |= {
        f"{family.name}_{part}" for family in FAMILIES.values() if family.buckets for part in ("count", "sum")
    }
    assert set(re.findall(r"\btollgate_[a-z_]+", text)) <= known


def test_bounds_of_objectives_are_bounds_of_buckets() -> None:
    """A bound between two buckets would never be met."""
    for objective in OBJECTIVES:
        for name, bound in re.findall(r'(tollgate_\w+)_bucket\{\{[^}]*le="([\d.]+)"', objective.errors):
            assert float(bound) in FAMILIES[name].buckets
            assert repr(float(bound)) == bound


def test_the_committed_objectives_are_current() -> None:
    assert (RULES / "objectives.yml").read_text() == rules_file(), "run `make pages`"
