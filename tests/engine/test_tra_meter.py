"""The meter of the fraud rate: it hears what is new on the log, and is read from the newest snapshot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from features.catalogue import CATALOGUE
from models.messages.codec import encode
from models.messages.control import Control, TraBand
from models.sca.tra_bands import quarter_name
from streams.commands.tra_meter import command
from streams.control_plane.artefacts import ArtefactStore
from streams.engine.core import Core
from streams.engine.recovery import replay
from streams.errors import Misconfigured
from streams.inspect.tra_meter import ONLY_A_METER, quarters_seen
from streams.kafka.admin import ClusterIdentity
from tests.engine.engine_log import NOW, batch_of, label, outcome, record

MakeCore = Callable[[], Core]
NAME = "2026-Q2"


def test_only_reports_heard_for_the_first_time_count_and_in_euro_cents(
    make_core: MakeCore, seed_controls: list[bytes]
) -> None:
    core = make_core()
    said = [
        record("p1"),
        encode(outcome("p1")),
        encode(outcome("p1")),
        encode(outcome("p2", amount=10_000)),
        encode(outcome("p3", amount=10_000, currency="XXX")),
        encode(label("p1")),
        encode(label("p1", source="analyst")),
    ]
    core.apply(batch_of([*seed_controls, *said]))
    [(quarter, value, fraud)] = core.counters.tra_meter.quarters()
    assert (quarter_name(quarter), value, fraud) == (NAME, 11_250, 1_250)


def test_the_state_hash_covers_the_meter(make_core: MakeCore) -> None:
    one, other = make_core(), make_core()
    assert one.logical_hash() == other.logical_hash()
    other.counters.tra_meter.observe([outcome("p1")], np.array([1_250]))
    assert one.logical_hash() != other.logical_hash()


def test_the_command_shows_rate_threshold_and_band_of_the_newest_snapshot(
    make_core: MakeCore, artefacts: ArtefactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = make_core()
    band = encode(Control("band", NOW, "test", TraBand("acme-gmbh", NAME, 100, "0" * 64)))
    paid = encode(outcome("p2", amount=1_000_000))
    core.apply(batch_of([band, paid, encode(label("p2", amount=600))]))
    folder = tmp_path / "engines" / "test" / "snapshots"
    home = replay.EngineHome("test", ClusterIdentity("cluster", {}), folder, CATALOGUE, artefacts.load)
    replay.save(replay.EngineState(core, replay.JournalPosition(1)), home)
    [seen] = quarters_seen(folder)
    assert (seen.basis_points, seen.threshold_eur, seen.bands_eur) == (6.0, 250, {"acme-gmbh": 100})
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path))
    shown = CliRunner().invoke(command, ["--engine", "test"])
    assert shown.exit_code == 0, shown.output
    assert "2026-Q2  10,000.00  6.00       6.00     250              acme-gmbh 100" in shown.output
    assert ONLY_A_METER in shown.output


def test_without_a_snapshot_the_command_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="start the engine or its follower"):
        quarters_seen(tmp_path)
