"""10,000 generated rulesets: what the program does about a payment is what the rules as columns do.

Rules of every level, mode, time, sample and effect, over values of every type, among them some that cannot
be read; with and without a matrix of columns.
"""

import random
from dataclasses import fields, replace
from typing import Any

import numpy as np

from models.rules.compiled_ruleset import CompiledRuleset, RuleResult
from models.rules.language import RuleRows, single
from models.rules.program.merchant_sets import MERCHANTS_MAX, MerchantSets
from models.rules.ruleset import Ruleset
from tests.models import rule_oracle
from tests.models.test_rule_equivalence import SCHEMA, Writer, objects, rows_of, rule_rows

RULESETS, BLOCKS = 10_000, 8
GROUPS = {"few": ["m_1", "m_2"], "more": ["m_2", "m_3", "m_4"], "none": ["m_8"]}
DAY = 86_400_000
EFFECTS: tuple[dict[str, Any], ...] = (
    {"score": 30},
    {"score": -20},
    {"score": 90},
    {"set_score": 5},
    {"set_score": 70},
    {"tag": "seen"},
    *({"action": action} for action in ("allow", "challenge", "review", "block", "legal_block")),
)
WHERE: tuple[dict[str, Any], ...] = ({}, {}, {}, {"merchant": "m_1"}, {"merchant": "m_2"}, {"group": "more"})
WHEN: tuple[dict[str, Any], ...] = ({}, {}, {"from": "1970-01-02"}, {"until": "1970-01-03"})
SAMPLES: tuple[dict[str, Any], ...] = (
    *({}, {}, {}, {"sample": 0.5}, {"sample": 0.0}, {"sample": 1.0}, {"sample": 0.5, "by": "payment"}),
    *({"sample": share, "by": "card"} for share in (0.5, 0.5, 0.2, 0.0, 1.0)),
)
CARDS = ("tok_1", "tok_2", "tok_3", "é", "", None, 7)
MATRIX = ("x", "count", "spent", "reference_amount")


def ruleset(seed: int) -> CompiledRuleset:
    """One to five rules, some of them at several levels under one id."""
    pick, writer = random.Random(seed), Writer(seed)
    rules: dict[tuple[str, str], dict[str, Any]] = {}
    for _ in range(pick.choice((1, 2, 3, 5))):
        where = pick.choice(WHERE)
        id = f"r{pick.randrange(4)}"
        rule = {"id": id, "description": "d", "owner": "o", "when": writer.condition(2)}
        rule |= pick.choice(EFFECTS) | where | pick.choice(WHEN)
        rule |= {"mode": pick.choice(("live", "live", "live", "shadow", "off"))}
        rule |= pick.choice(SAMPLES)
        rules[id, str(where)] = rule
    made = {"name": "g", "version": 2, "groups": GROUPS, "rules": list(rules.values())}
    return Ruleset.from_dict(made).compile(SCHEMA)


def block(seed: int) -> RuleRows:
    """Rows of every kind of value; every fourth block has some that cannot be read."""
    pick, values = random.Random(seed), rows_of(seed)
    if seed % 4 == 3:
        for row in values:
            if pick.random() < 0.2:
                row[pick.choice(("s", "t", "country"))] = pick.choice((5, 1.5, b"x"))
            if pick.random() < 0.2:
                row["flag"] = "yes"
    rows = rule_rows(values)
    n = rows.n
    merchants = [pick.choice(("m_1", "m_2", "m_3", "m_9", "m_10")) for _ in range(n)]
    times = np.array([pick.randrange(4) * DAY - 1 + pick.randrange(2) for _ in range(n)], np.int64)
    keys = np.array([pick.getrandbits(64) for _ in range(n)], np.uint64)
    rows = replace(rows, times=times, sample_keys=keys, merchants=objects(merchants))
    cards = [pick.choice(CARDS) for _ in range(n)]
    return with_cards(rows, cards, {row for row in range(n) if seed % 4 == 3 and pick.random() < 0.2})


def with_cards(rows: RuleRows, cards: list[Any], unreadable: set[int]) -> RuleRows:
    """Rows whose cards are read all at once, or one by one where some cannot be read."""

    def column(name: str) -> Any:
        if name != "card":
            return rows.column(name)
        if unreadable:
            raise OSError("not all cards can be read")
        return objects(cards)

    def one(row: int) -> RuleRows:
        return with_cards(single(rows, row), cards[row : row + 1], {0} & {row - at for at in unreadable})

    return replace(rows, column=column, one=one)


def in_matrix(rows: RuleRows) -> RuleRows:
    """The same rows, some of whose columns lie in a matrix."""
    matrix = np.column_stack([rows.column(name) for name in MATRIX])
    return replace(rows, matrix=matrix, places={name: at for at, name in enumerate(MATRIX)})


def differences(found: RuleResult, wanted: RuleResult) -> list[str]:
    return [
        one.name
        for one in fields(RuleResult)
        if not np.array_equal(getattr(found, one.name), getattr(wanted, one.name))
    ]


def test_10_000_rulesets_do_what_rules_as_columns_do() -> None:
    blocks = [block(seed) for seed in range(BLOCKS)]
    beside = [in_matrix(rows) for rows in blocks]
    seen = dict.fromkeys(("hits", "shadow", "errors", "score", "deciding"), 0)
    for seed in range(RULESETS):
        rules = ruleset(seed)
        wanted = rule_oracle.run(rules, blocks[seed % BLOCKS])
        for rows in (blocks[seed % BLOCKS], beside[seed % BLOCKS]):
            assert differences(rules.run(rows), wanted) == [], (seed, [rule.when for rule in rules.rules])
        for name in seen:
            seen[name] += bool((getattr(wanted, name) > 0).any())
    assert min(seen.values()) > RULESETS // 50, seen


def test_one_row_alone_gets_what_it_gets_among_others() -> None:
    for seed in range(200):
        rules, rows = ruleset(seed), block(seed % BLOCKS)
        whole, one = rules.run(rows), rows.one
        assert one is not None
        for row in (0, 7, rows.n - 1):
            alone = rules.run(one(row))
            assert np.array_equal(alone.hits[:, 0], whole.hits[:, row])
            assert np.array_equal(alone.errors[:, 0], whole.errors[:, row])


def test_more_merchants_than_are_remembered_are_told_apart() -> None:
    sets = MerchantSets([frozenset({"m_1", f"m_{MERCHANTS_MAX}"}), frozenset({"m_7"})])
    for first in range(0, 3 * MERCHANTS_MAX, 1_000):
        merchants = [f"m_{number}" for number in range(first, first + 1_000)]
        rows, table = sets.rows(merchants)
        wanted = [[merchant in each for each in sets.sets] for merchant in merchants]
        assert table[rows].tolist() == wanted
        assert len(table) <= MERCHANTS_MAX


class Interrupted(CompiledRuleset):
    """Another thread runs the rules over rows of its own whenever a program was made for these."""

    others: RuleRows | None = None

    @property
    def _program(self) -> Any:
        return self.__dict__.get("program")

    @_program.setter
    def _program(self, made: Any) -> None:
        self.__dict__["program"] = made
        others, self.others = self.others, None
        if others is not None:
            self.run(others)


def test_threads_that_run_one_ruleset_over_rows_from_several_sources_do_not_meet() -> None:
    """As pages of the console do."""
    for seed in range(200):
        rules, rows = ruleset(seed), block(seed % BLOCKS)
        wanted = rules.run(rows)
        del rules.__dict__["_program"]
        rules.__class__ = Interrupted
        rules.others = in_matrix(rows)  # type: ignore[attr-defined]
        assert differences(rules.run(rows), wanted) == []


def test_merchants_come_with_the_table_that_they_were_found_in() -> None:
    sets = MerchantSets([frozenset({"m_7"})])
    rows, table = sets.rows(["m_1", "m_7"])
    for first in range(0, 2 * MERCHANTS_MAX, 1_000):
        sets.rows([f"n_{number}" for number in range(first, first + 1_000)])
    assert table[rows].tolist() == [[False], [True]]
