"""What rules may put on lists: protected values never, others up to a cap an hour."""

from typing import Any

import msgspec
import pytest

from models.lists import PutCounter, PutLimits
from models.lists.put_limits import PER_HOUR
from models.units import HOUR_MS


def limits(**protected: Any) -> PutLimits:
    return msgspec.convert({"per_hour": 2, "protected": protected}, PutLimits)


@pytest.mark.parametrize(
    ("protected", "kind", "value", "expected"),
    [
        ({"bin": ["411111"]}, "bin", "411111", True),
        ({"bin": ["411111"]}, "bin", "41111122", True),
        ({"bin": ["41111122"]}, "bin", "411111", True),
        ({"bin": ["411111"]}, "bin", "411112", False),
        ({"bin": ["411111"]}, "card", "411111", False),
        ({"ip": ["203.0.113.0/24"]}, "ip", "203.0.113.255", True),
        ({"ip": ["203.0.113.0/24"]}, "ip", "203.0.114.0", False),
        ({"ip": ["203.0.113.7"]}, "ip", "203.0.113.7", True),
        ({"ip": ["203.0.113.0/24"]}, "ip", "::ffff:203.0.113.9", True),
        ({"ip": ["2001:db8::/32"]}, "ip", "2001:db8::1", True),
        ({"ip": ["2001:db8::/32"]}, "ip", "not an address", False),
        ({"device": ["kiosk"]}, "device", "kiosk", True),
        ({}, "device", "kiosk", False),
    ],
)
def test_protected_values(protected: dict[str, Any], kind: str, value: str, expected: bool) -> None:
    assert limits(**protected).protects(kind, value) is expected


@pytest.mark.parametrize("value", ["10.1.2.3", "100.64.0.1", "192.168.1.1", "::1", "fd00::1", "127.0.0.1"])
def test_addresses_that_many_share_are_protected_by_default(value: str) -> None:
    assert PutLimits().protects("ip", value)
    assert PutLimits().per_hour == PER_HOUR


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"protected": {"bin": ["41"]}}, "four to eight digits"),
        ({"protected": {"ip": ["203.0.113.1/24"]}}, "protected ip: .*write 203.0.113.7"),
        ({"protected": {"ip": ["anywhere"]}}, "protected ip"),
        ({"protected": {"country": ["DE"]}}, "unknown field `country`"),
        ({"per_hour": -1}, "per_hour"),
    ],
)
def test_limits_that_cannot_be_are_refused(document: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(document, PutLimits)


def test_a_list_takes_so_many_an_hour_and_each_list_by_itself() -> None:
    counter = PutCounter()
    assert [counter.takes("a", 5, 2) for _ in range(3)] == [True, True, False]
    assert counter.takes("b", 5, 2)
    assert counter.takes("a", HOUR_MS, 2)


def test_the_count_survives_a_snapshot_and_is_in_the_hash_once_there_is_one() -> None:
    counter = PutCounter()
    assert (counter.arrays(), counter.logical_hash()) == ({}, 0)
    counter.takes("a", 5, 1)
    before = counter.logical_hash()
    counter.takes("a", 6, 1)
    again = PutCounter.from_arrays(counter.arrays())
    assert again == counter
    assert again.logical_hash() == counter.logical_hash() != before
