"""Rules put values on lists within the policy's limits, wherever batches are cut and snapshots taken."""

from collections.abc import Callable
from typing import Any

import pytest

from models.messages.control import Control, ListChange
from models.messages.payment import Method, MethodKind
from streams.engine.admission.log_counters import LogCounters
from streams.engine.core import Core
from tests.engine.engine_log import NOW, batch_of, record
from tests.engine.judges import control, policy_live, rule, rules_live

HOUR = 3_600_000
MakeCore = Callable[[], Core]
PUTTING = rules_live(
    rule("devices", "amount > 1", put_on_list={"list": "seen_devices", "of": "device", "hours": 2}),
    rule("addresses", "amount > 1", put_on_list={"list": "seen_addresses", "of": "ip"}),
    rule("bins", "amount > 1", put_on_list={"list": "seen_bins", "of": "bin"}),
)
SHOP = {"ip": ["10.0.0.0/8"], "bin": ["411111"]}


def limited(**limits: Any) -> bytes:
    return policy_live(list_puts={"per_hour": 3, "protected": SHOP} | limits)


def paid(number: int, **changes: Any) -> bytes:
    return record(f"p{number}", **{"device_id": f"d{number}", "ip": "10.1.2.3"} | changes)


def puts(effects: list[Control]) -> list[tuple[str, str]]:
    return [(e.change.list, e.change.value) for e in effects if isinstance(e.change, ListChange)]


def test_without_limits_all_that_rules_ask_for_is_made(make_core: MakeCore) -> None:
    result = make_core().apply(batch_of([PUTTING, policy_live(), *map(paid, range(5))]))
    assert len(result.effects) == 15
    assert not result.puts_refused


def test_protected_values_are_never_put_on_a_list(make_core: MakeCore) -> None:
    own = Method(MethodKind.CARD, "tok_9", "41111123", "DE")
    log = [PUTTING, limited(), paid(0), paid(1, method=own, ip="8.8.8.8")]
    result = make_core().apply(batch_of(log))
    assert puts(result.effects) == [
        ("seen_devices", "d0"),
        ("seen_bins", "520000"),
        ("seen_devices", "d1"),
        ("seen_addresses", "8.8.8.8"),
    ]
    assert result.puts_refused == {("seen_addresses", "protected"): 1, ("seen_bins", "protected"): 1}


def test_a_list_takes_so_many_new_values_an_hour(make_core: MakeCore) -> None:
    log = [PUTTING, limited(), *map(paid, range(5)), *(paid(n, occurred_at=NOW + HOUR) for n in range(5, 7))]
    result = make_core().apply(batch_of(log, step=HOUR))
    devices = [value for name, value in puts(result.effects) if name == "seen_devices"]
    assert devices == ["d0", "d1", "d2", "d5", "d6"]
    assert result.puts_refused == {
        ("seen_devices", "cap"): 2,
        ("seen_bins", "cap"): 2,
        ("seen_addresses", "protected"): 7,
    }


def test_a_value_that_is_on_the_list_takes_no_room(make_core: MakeCore) -> None:
    known = [control(ListChange("seen_devices", f"d{number}")) for number in range(4)]
    log = [PUTTING, limited(per_hour=1), *known, *map(paid, range(4)), paid(7), paid(8)]
    result = make_core().apply(batch_of(log))
    devices = [value for name, value in puts(result.effects) if name == "seen_devices"]
    assert devices == ["d0", "d1", "d2", "d3", "d7"]
    assert result.puts_refused["seen_devices", "cap"] == 1


@pytest.mark.parametrize("size", [1, 2, 7])
def test_cuts_and_snapshots_do_not_show(make_core: MakeCore, size: int) -> None:
    listed = control(ListChange("seen_devices", "d11"))
    log = [PUTTING, limited(), *map(paid, range(9)), listed, *map(paid, range(9, 14))]
    whole = make_core()
    expected = whole.apply(batch_of(log))
    core, effects = make_core(), []
    for at in range(0, len(log), size):
        effects += core.apply(batch_of(log[at : at + size], first=at)).effects
        core.counters = LogCounters.from_arrays(core.counters.arrays())
    assert puts(effects) == puts(expected.effects)
    assert core.logical_hash() == whole.logical_hash()
