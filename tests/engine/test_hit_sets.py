"""Sets of hits: numbered by first appearance, kept as long as a duplicate may ask, bounded."""

from dataclasses import replace

import numpy as np
import pytest

from models.rules.compiled_ruleset import RuleResult
from streams.engine.decision.hit_sets import GENERATION_MS, HitSet, HitSets, pack_hit_sets, unpack_hit_set

NO = np.zeros(1, np.bool_)


def ruled(hits: list[int], shadow: list[int] = [], deciding: int = -1, rules: int = 1_024) -> RuleResult:  # noqa: B006
    def bits(at: list[int]) -> np.ndarray:
        column = np.zeros((rules, 1), np.bool_)
        column[at] = True
        return column

    nothing = np.zeros((rules, 1), np.bool_)
    return RuleResult(
        np.zeros(1, np.int64), bits(hits), bits(shadow), nothing, NO, NO, NO, NO, NO, np.array([deciding])
    )


def key(*hits: int) -> bytes:
    return pack_hit_sets(3, 1, ruled(list(hits), deciding=hits[0] if hits else -1))[0]


@pytest.mark.parametrize("rules", [1, 8, 9, 64, 65, 1_024])
def test_what_is_packed_is_what_is_unpacked(rules: int) -> None:
    result = ruled([0, rules - 1], [rules // 2], rules - 1, rules)
    (one,) = pack_hit_sets(70_000, 1, result)
    assert unpack_hit_set(one) == HitSet(70_000, rules - 1, False, sorted({0, rules - 1}), [rules // 2])


def test_without_a_ruleset_a_set_names_its_origin_alone() -> None:
    assert unpack_hit_set(pack_hit_sets(5, 1, None)[0]) == HitSet(5, -1, False, [], [])


def test_numbers_are_of_first_appearance_however_they_come() -> None:
    keys = [key(1), key(2), key(1), key(), key(2)]
    together, apart, times = HitSets(), HitSets(), np.arange(5)
    numbers = together.intern(keys, times).tolist()
    assert numbers == [0, 1, 0, 2, 1]
    assert [int(apart.intern([k], times[at : at + 1])[0]) for at, k in enumerate(keys)] == numbers
    assert together.logical_hash(0) == apart.logical_hash(0)


def test_a_generation_begins_anew_and_the_one_before_can_still_be_asked() -> None:
    sets = HitSets()
    times = np.array([GENERATION_MS - 1, GENERATION_MS, GENERATION_MS])
    numbers = sets.intern([key(1), key(2), key(1)], times)
    assert numbers.tolist() == [0, 0, 1]
    sets.forget(2 * GENERATION_MS - 1)
    assert [sets.key(name) for name in sets.names(numbers, times)] == [key(1), key(2), key(1)]
    before = sets.logical_hash(2 * GENERATION_MS)
    sets.forget(2 * GENERATION_MS)
    assert sets.logical_hash(2 * GENERATION_MS) == before
    with pytest.raises(KeyError):
        sets.key(sets.names(numbers, times)[0])


def test_beyond_the_bound_a_set_keeps_the_rule_that_decided_and_says_so() -> None:
    sets = HitSets(sets_max=2)
    keys = [key(1), key(2), key(7, 8), key(7, 9), key(1), key()]
    numbers = sets.intern(keys, np.zeros(6, np.int64)).tolist()
    assert numbers == [0, 1, 2, 2, 0, 3]
    assert unpack_hit_set(sets.key(2)) == HitSet(3, 7, True, [7], [])
    assert unpack_hit_set(sets.key(3)) == HitSet(3, -1, True, [], [])


def test_a_restored_state_goes_on_as_the_one_that_was_kept() -> None:
    sets = HitSets(sets_max=2)
    sets.intern([key(1), key(2), key(3)], np.array([0, GENERATION_MS, GENERATION_MS]))
    again = HitSets.from_arrays(sets.arrays(), sets_max=2)
    more = [key(5), key(3), key(9)], np.full(3, GENERATION_MS)
    assert again.intern(*more).tolist() == sets.intern(*more).tolist()
    assert again.logical_hash(GENERATION_MS) == sets.logical_hash(GENERATION_MS)


def test_rows_of_one_batch_keep_their_own_hits() -> None:
    three = replace(
        ruled([]),
        hits=np.eye(1_024, 3, dtype=np.bool_),
        shadow=np.zeros((1_024, 3), np.bool_),
        deciding=np.array([0, -1, 2]),
    )
    assert [unpack_hit_set(k).hits for k in pack_hit_sets(0, 3, three)] == [[0], [1], [2]]
