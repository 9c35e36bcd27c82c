"""List changes do not cut a batch, and act at their place in the log all the same."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.lists.memory import ListMemory
from models.messages.codec import encode
from models.messages.control import Control, ListChange, RulesetChange
from models.messages.decision import Decision
from models.messages.payment import Method, MethodKind
from streams.engine import core as core_module
from streams.engine.core import Core
from streams.engine.result import BatchResult
from tests.engine.engine_log import NOW, batch_of, outcome, record

MakeCore = Callable[[], Core]
HOUR = 3_600_000
RULES = {
    "name": "lists",
    "rules": [
        {"id": f"in_{name}", "description": "d", "owner": "o", "when": f'bin in list("{name}")', "score": 40}
        for name in ("x", "y")
    ],
}


def control(id: str, change: ListChange | RulesetChange) -> bytes:
    return encode(Control(id, NOW, "me", change))


def paid(id: str, bin: str, hours: int) -> bytes:
    method = Method(MethodKind.CARD, "tok_1", bin, "DE")
    return record(id, method=method, occurred_at=NOW + hours * HOUR)


def put(number: int, name: str, bin: str, present: bool, hours: int | None) -> bytes:
    expires_at = None if hours is None else NOW + hours * HOUR
    return control(f"c{number}", ListChange(name, bin, present, expires_at))


BINS = st.sampled_from(["400000", "510510"])
RECORDS = st.one_of(
    st.tuples(st.just("paid"), BINS, st.integers(0, 6)),
    st.tuples(st.just("put"), st.sampled_from("xy"), BINS, st.booleans(), st.none() | st.integers(0, 6)),
    st.tuples(st.just("told"), st.integers(0, 6)),
)


def log_of(picks: list[tuple]) -> list[bytes]:  # type: ignore[type-arg]
    """The picks as records; append times leave room for every event time."""
    log = [control("rules", RulesetChange(RULES))]
    for number, (kind, *rest) in enumerate(picks):
        if kind == "paid":
            log.append(paid(f"p{number}", *rest))
        elif kind == "put":
            log.append(put(number, *rest))
        else:
            log.append(encode(outcome(f"p{number}", at=NOW + rest[0] * HOUR)))
    return log


def decisions(results: list[BatchResult]) -> list[tuple[str, tuple[str, ...]]]:
    found = [msgspec.json.decode(a.body, type=Decision) for result in results for a in result.answers]
    return [(decision.payment_id, decision.hits) for decision in found]


def letters(results: list[BatchResult]) -> list[tuple[int, str]]:
    return [(letter.offset, letter.detail) for result in results for _, letter in result.dead_letters]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(picks=st.lists(RECORDS, min_size=1, max_size=40), entries_max=st.integers(1, 4))
def test_one_batch_decides_as_one_record_at_a_time_does(
    make_core: MakeCore,
    picks: list[tuple[Any, ...]],
    entries_max: int,
) -> None:
    log = log_of(picks)
    together, single = make_core(), make_core()
    for core in (together, single):
        core.context.lists = ListMemory(entries_max)
    whole = [together.apply(batch_of(log, step=HOUR))]
    alone = [single.apply(batch_of([value], first=at, step=HOUR)) for at, value in enumerate(log)]
    assert decisions(whole) == decisions(alone)
    assert letters(whole) == letters(alone)
    assert together.logical_hash() == single.logical_hash()
    assert together.context.in_effect.swept_hour == single.context.in_effect.swept_hour


def test_an_entry_acts_behind_its_place_and_not_before(make_core: MakeCore) -> None:
    log = [
        control("rules", RulesetChange(RULES)),
        paid("before", "400000", 0),
        put(1, "x", "400000", True, None),
        paid("on", "400000", 0),
        put(2, "x", "400000", False, None),
        paid("off", "400000", 0),
    ]
    found = decisions([make_core().apply(batch_of(log))])
    assert found == [("before", ()), ("on", ("in_x",)), ("off", ())]


def test_an_entry_that_a_sweep_drops_still_counts_for_payments_before_it(make_core: MakeCore) -> None:
    log = [
        control("rules", RulesetChange(RULES)),
        put(1, "x", "400000", True, 2),
        paid("in time", "400000", 1),
        paid("late", "400000", 3),
        put(2, "y", "510510", True, None),
    ]
    found = decisions([make_core().apply(batch_of(log, step=HOUR))])
    assert found == [("in time", ("in_x",)), ("late", ())]


def test_list_changes_leave_payments_in_one_segment(
    make_core: MakeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    judge = vars(core_module)["judge"]

    def counted(*given: Any) -> Any:
        sizes.append(len(given[2].payments))
        return judge(*given)

    monkeypatch.setattr(core_module, "judge", counted)
    log = [
        value for i in range(50) for value in (paid(f"p{i}", "400000", 0), put(i, "x", "400000", True, None))
    ]
    make_core().apply(batch_of(log))
    assert sizes == [50]
