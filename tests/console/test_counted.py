"""What the console answers is counted, whatever it is."""

import pytest

from dashboards.console import CountedApp
from streams.metrics.by_process import ConsoleMeters
from streams.metrics.meters import Meters
from tests.console.scene import Scene


def test_every_answer_is_counted_once_with_what_it_took() -> None:
    scene = Scene()
    ticks = iter(range(100))
    told: list[tuple[int, float]] = []
    app = CountedApp(scene.client.app, lambda status, took: told.append((status, took)), lambda: next(ticks))
    with type(scene.client)(app, base_url=str(scene.client.base_url)) as client:
        client.get("/nowhere-at-all")
    assert told == [(told[0][0], 1)]
    assert told[0][0] >= 300


@pytest.mark.parametrize(
    ("status", "name"),
    [(200, "success"), (303, "redirect"), (403, "refused"), (503, "failed"), (599, "failed")],
)
def test_a_class_says_how_it_went(status: int, name: str) -> None:
    meters = Meters()
    ConsoleMeters(meters, "live").answered(status, 0.1)
    labels = {"engine": "live", "status": name}
    assert meters.registry.get_sample_value("tollgate_console_requests_total", labels) == 1
