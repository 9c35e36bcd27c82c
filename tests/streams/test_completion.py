"""What publishing writes into a change that leaves it open."""

from typing import Any

import pytest

from models.lists.put_limits import PER_HOUR
from models.messages.control import ChallengerChange, Change, PolicyChange
from models.policy import Policy
from models.seed import seed_policy
from streams.control_plane.completion import completed, new_salt

HOLDOUT: dict[str, Any] = {"share": 2_000, "daily_cap": 50_000}


def policy_of(change: Change) -> dict[str, Any]:
    assert isinstance(change, PolicyChange)
    return change.policy


@pytest.mark.parametrize("holdout", [HOLDOUT, HOLDOUT | {"salt": ""}, HOLDOUT | {"salt": None}])
def test_an_empty_salt_becomes_a_random_one(holdout: dict[str, Any]) -> None:
    document = seed_policy() | {"holdout": holdout}
    salts = {policy_of(completed(PolicyChange(document)).change)["holdout"]["salt"] for _ in range(3)}
    assert len(salts) == 3
    assert all(len(salt) == 32 for salt in salts)
    assert document["holdout"] == holdout


def test_what_is_given_stays_and_nothing_is_said() -> None:
    document = seed_policy() | {"holdout": HOLDOUT | {"salt": "ours"}}
    assert completed(PolicyChange(document)) == (PolicyChange(document), ())


def test_a_policy_that_says_nothing_gets_the_limits_and_they_are_said() -> None:
    document = {name: value for name, value in seed_policy().items() if name != "list_puts"}
    change, notes = completed(PolicyChange(document))
    limits = Policy.from_dict(policy_of(change)).list_puts
    assert limits is not None
    assert limits.per_hour == PER_HOUR
    assert limits.protects("ip", "192.168.0.1")
    assert "1,000 new entries of a list an hour" in notes[0]


@pytest.mark.parametrize("document", [{}, {"holdout": 5}, {"list_puts": None}])
def test_what_is_no_policy_stays_to_be_refused(document: dict[str, Any]) -> None:
    assert policy_of(completed(PolicyChange(document)).change).items() >= document.items()


def test_other_changes_stay_as_they_are() -> None:
    change = ChallengerChange(None)
    assert completed(change) == (change, ())


def test_salts_differ() -> None:
    assert new_salt() != new_salt()
