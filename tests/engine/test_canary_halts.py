"""The engine withdraws a challenger by itself: once, with the reason, at a place that cuts do not move."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.messages.codec import encode
from models.messages.control import (
    ChallengerChange,
    ChallengerHalt,
    Control,
    ModelChange,
    PromoteChange,
    TrialBounds,
)
from models.messages.decision import Decision
from streams.control_plane.artefacts import ArtefactStore
from streams.engine.admission.admission import Admission
from streams.engine.admission.log_counters import LogCounters
from streams.engine.core import Core
from tests.engine.engine_log import NOW, batch_of
from tests.engine.judges import HELD_OUT, control
from tests.engine.test_core import stored
from tests.engine.trials import ALIKE, SILENT, STERNER, offered, silenced, traffic

MakeCore = Callable[[], Core]
SHARE = 300_000
ALL = {"window_payments": 100, "group_payments": 50}


@pytest.fixture(autouse=True)
def _silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    silenced(monkeypatch)


def watching(**bounds: Any) -> TrialBounds:
    """Small windows, and only the bounds that are given."""
    return TrialBounds(**{"psi_max": None, "verdict_gap_max": None, "errors_max": None} | ALL | bounds)


@pytest.fixture
def seeded(make_core: MakeCore, seed_controls: list[bytes]) -> Core:
    core = make_core()
    core.apply(batch_of(seed_controls))
    return core


def effects(core: Core, log: list[bytes], size: int = 10_000) -> list[Control]:
    """The controls that the engine asks for, in batches of that size."""
    found = []
    for at in range(0, len(log), size):
        found += core.apply(batch_of(log[at : at + size], first=500 + at)).effects
    return found


@pytest.mark.parametrize(
    ("model", "bounds", "cause"),
    [
        (STERNER, {"psi_max": 250_000}, "scores"),
        (STERNER, {"psi_max": 250_000, "reference": (5, 5, 5, 5, 5, 5, 5, 5, 5, 5)}, "scores"),
        (STERNER, {"verdict_gap_max": 50_000}, "verdicts"),
        (SILENT, {"errors_max": 10_000}, "errors"),
    ],
)
def test_a_challenger_out_of_bounds_is_halted_once_and_the_champion_decides_again(
    seeded: Core, artefacts: ArtefactStore, model: bytes, bounds: dict[str, Any], cause: str
) -> None:
    log = [offered(artefacts, model, SHARE, bounds=watching(**bounds)), *traffic(600)]
    (halt,) = effects(seeded, log, 50)
    assert isinstance(halt.change, ChallengerHalt)
    assert (halt.change.cause, halt.change.trial, halt.author) == (cause, 1, "engine test")
    assert halt.reason is not None
    assert halt.reason.startswith(f"challenger {halt.change.sha256[:16]} halted: ")
    assert seeded.context.challenger is not None
    behind = seeded.apply(batch_of([encode(halt), *traffic(50, 700)], first=1_200))
    said = [msgspec.json.decode(answer.body, type=Decision) for answer in behind.answers]
    assert [decision.challenger for decision in said] == [None] * 50
    assert behind.effects == []


def test_a_healthy_challenger_goes_on(seeded: Core, artefacts: ArtefactStore) -> None:
    offer = offered(artefacts, ALIKE, SHARE, bounds=TrialBounds(**ALL))  # type: ignore[arg-type]
    assert effects(seeded, [offer, *traffic(2_000)], 300) == []
    assert seeded.context.in_effect.trial


def test_a_challenger_offered_again_may_be_halted_again(seeded: Core, artefacts: ArtefactStore) -> None:
    offer = offered(artefacts, SILENT, bounds=watching(errors_max=0))
    found = effects(seeded, [offer, *traffic(50), offer, *traffic(50, 50)])
    assert [(each.id, each.change.trial) for each in found] == [("test-halt-1", 1), ("test-halt-2", 2)]  # type: ignore[union-attr]


def test_recovery_asks_for_nothing_again(
    seeded: Core, make_core: MakeCore, seed_controls: list[bytes], artefacts: ArtefactStore
) -> None:
    """What was asked for is state: a restart between the halt and its reading back does not repeat it."""
    log = [offered(artefacts, SILENT, bounds=watching(errors_max=0)), *traffic(20)]
    assert len(effects(seeded, log)) == 1
    recovered = make_core()
    recovered.apply(batch_of(seed_controls), answer=False)
    recovered.apply(batch_of(log, first=500), answer=False)
    for core in (seeded, recovered, stored(seeded, artefacts)):
        assert core.apply(batch_of(traffic(100, 100), first=600)).effects == []


def test_snapshots_from_before_there_were_trials_load(seeded: Core) -> None:
    seeded.apply(batch_of(traffic(10), first=500))
    admission, counters = seeded.admission.arrays(), seeded.counters.arrays()
    before = {name: array for name, array in counters.items() if not name.startswith("trial_watch")}
    assert len(before) < len(counters)
    assert "tried" not in admission
    assert LogCounters.from_arrays(before).logical_hash() == seeded.counters.logical_hash()
    again = Admission.from_arrays(admission, seeded.admission.horizon_ms, seeded.admission.keys_max)
    assert again.logical_hash() == seeded.admission.logical_hash()


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_cuts_and_snapshots_do_not_show_in_a_trial(
    make_core: MakeCore, seed_controls: list[bytes], artefacts: ArtefactStore, data: st.DataObject
) -> None:
    bounds = watching(psi_max=400_000, verdict_gap_max=50_000, errors_max=200_000, window_hours=1)
    changes = [
        *(offered(artefacts, model, share, by=by, bounds=bounds) for model, share, by in _OFFERS),
        *(control(change) for change in _changes(artefacts)),
        HELD_OUT,
    ]
    payments = [
        *traffic(170),
        *traffic(20),
        *traffic(90, 170, occurred_at=NOW + 2 * 3_600_000),
        *traffic(10, 160),
    ]
    log = list(payments)
    for pick in data.draw(st.lists(st.integers(0, len(changes) - 1), min_size=1, max_size=6)):
        log.insert(data.draw(st.integers(0, len(log))), changes[pick])
    log = [*seed_controls, changes[data.draw(st.integers(0, 2))], *log]
    whole, cut = make_core(), make_core()
    expected = whole.apply(_batch(log, 0))
    answers: list[bytes] = []
    asked: list[Control] = []
    at = 0
    while at < len(log):
        size = data.draw(st.integers(1, len(log) - at))
        if data.draw(st.booleans()):
            cut = stored(cut, artefacts)
        result = cut.apply(_batch(log[at : at + size], at))
        answers += [answer.body for answer in result.answers]
        asked += [effect for effect in result.effects if isinstance(effect.change, ChallengerHalt)]
        at += size
    assert answers == [answer.body for answer in expected.answers]
    assert asked == [effect for effect in expected.effects if isinstance(effect.change, ChallengerHalt)]
    assert len({effect.id for effect in asked}) == len(asked)
    assert (cut.state_hash, cut.decision_hash, cut.logical_hash()) == (
        whole.state_hash,
        whole.decision_hash,
        whole.logical_hash(),
    )


_OFFERS = [
    (STERNER, SHARE, "card"),
    (ALIKE, 500_000, "customer"),
    (SILENT, SHARE, "card"),
    (STERNER, 0, "card"),
]


def _changes(store: ArtefactStore) -> list[Any]:
    sterner, alike = store.stage(STERNER), store.stage(ALIKE)
    return [
        ChallengerChange(None),
        PromoteChange(sterner),
        PromoteChange(alike),
        ModelChange(sterner),
        ChallengerHalt(1, sterner, "scores", 2, 1),
        ChallengerHalt(2, alike, "errors", 2, 1),
    ]


def _batch(log: list[bytes], first: int) -> Any:
    """Appended within hours, so that payments of later hours count as such."""
    return batch_of(log, first=first, step=30_000)
