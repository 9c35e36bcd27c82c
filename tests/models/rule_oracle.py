"""Rules as columns: every step of a ruleset as one operation of numpy over all rows of a batch.

The engine judged like this before rules became a program (`models.rules.program`); it is kept as the oracle
that the program is compared with. It shares with it the steps (`Graph`), and nothing of how they are run.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import xxhash

from models.rules.compiled_ruleset import CompiledRuleset, RuleResult
from models.rules.document import ACTIONS, SCORE_MAX
from models.rules.language import RuleRows, numbers, raw_numbers, raw_texts, raw_truths, single, truths
from models.rules.language.money_literals import cents_a_unit
from models.rules.levels import RuleScope, sampled

Value = Any
PARTS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": lambda word, parts: any(part in word for part in parts),
}
TWO: dict[str, Callable[[Any, Any], Any]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mult": np.multiply,
    "Div": lambda left, right: np.divide(left, np.where(np.equal(right, 0.0), np.nan, right)),
    "Lt": np.less,
    "LtE": np.less_equal,
    "Eq": np.equal,
    "NotEq": lambda left, right: np.less(left, right) | np.greater(left, right),
    "GtE": np.greater_equal,
    "Gt": np.greater,
    "and": np.logical_and,
    "or": np.logical_or,
    "text same": np.equal,
    "text other": np.not_equal,
}


class Codes(dict[Any, int]):
    """A number for every text of the batch, from 1; missing is 0."""

    def __missing__(self, value: Any) -> int:
        if not isinstance(value, str):
            raise TypeError(f"a {type(value).__name__} is not a text")
        code = self[value] = len(self)
        return code


class Batch:
    """The rows while rules run over them."""

    def __init__(self, rows: RuleRows, keys: list[Any]) -> None:
        self.rows, self.n, self.keys = rows, rows.n, keys
        self.codes = Codes({None: 0})
        self.errors: dict[int, np.ndarray] = {}

    def values(self) -> list[Value]:
        """The value of every step."""
        values: list[Value] = []
        for step, key in enumerate(self.keys):
            values.append(self.leaf(step, key) if key[0] in self.readers() else self.step(key, values))
        return values

    def readers(self) -> dict[str, tuple[Callable[[Any], Any], Any]]:
        """How the values of a column are read, and what is missing."""
        return {
            "number": (numbers, np.nan),
            "truth": (truths, np.nan),
            "text": (self.coded, 0),
            "metadata as number": (raw_numbers, np.nan),
            "metadata as boolean": (raw_truths, np.nan),
            "metadata as text": (lambda values: self.coded(raw_texts(values)), 0),
            "metadata as presence": (lambda values: np.array([v is not None for v in values]), False),
            "list": (np.asarray, False),
            "rate": (np.asarray, np.nan),
        }

    def coded(self, values: Any) -> np.ndarray:
        return np.fromiter(map(self.codes.__getitem__, list(values)), np.intp, len(values))

    def read(self, key: Any, rows: RuleRows) -> Any:
        match key:
            case ("list", name, column):
                values = rows.column(column)
                raw = column.startswith("metadata.")
                return np.asarray(rows.contains(name, raw_texts(values) if raw else values), np.bool_)
            case ("rate", currency):
                return cents_a_unit(currency, rows)
        return self.readers()[key[0]][0](rows.column(key[1]))

    def leaf(self, step: int, key: Any) -> Any:
        try:
            return self.read(key, self.rows)
        except Exception:
            missing = self.readers()[key[0]][1]
            erring = self.errors[step] = np.zeros(self.n, np.bool_)
            values = np.full(self.n, missing, type(missing))
            for row in range(self.n):
                try:
                    one = self.rows.one(row) if self.rows.one is not None else single(self.rows, row)
                    values[row] = self.read(key, one)[0]
                except Exception:
                    erring[row] = True
            return values

    def step(self, key: Any, values: list[Value]) -> Any:
        def operand(given: int | str) -> Any:
            return float(given) if isinstance(given, str) else values[given]

        match key:
            case (kind, left, right) if kind in TWO:
                return TWO[kind](operand(left), operand(right))
            case ("negative", of):
                return np.negative(values[of])
            case ("constant", truth):
                return np.full(self.n, truth)
            case ("not", of):
                return np.logical_not(values[of])
            case ("known", of):
                return np.equal(values[of], values[of])
            case ("text known", of):
                return np.not_equal(values[of], 0)
            case ("text in", of, members):
                return np.isin(values[of], [self.codes[m] for m in members if m in self.codes])
            case ("number in", of, members):
                return np.isin(values[of], np.array(members, np.float64))
            case ("amount in", currency, own, code, through_euro):
                same = np.equal(values[code], self.codes.get(currency, -1))
                return np.where(same, values[own], values[through_euro])
            case (kind, of, parts):
                words = list(self.codes)
                chosen = np.array([w is not None and PARTS[kind](w, parts) for w in words], np.bool_)
                return chosen[values[of]]
        raise AssertionError(key)


def of_cards(rows: RuleRows) -> np.ndarray:
    """Hashes of the cards; where there is none, or it cannot be read, that of the payment."""
    keys = []
    for row, key in enumerate(rows.sample_keys.tolist()):
        one = rows.one(row) if rows.one is not None else single(rows, row)
        try:
            card = one.column("card")[0]
        except Exception:
            card = None
        keys.append(xxhash.xxh3_64_intdigest(card) if isinstance(card, str) else key)
    return np.array(keys, np.uint64)


def looks(rows: RuleRows, scope: RuleScope) -> np.ndarray:
    """Where a rule looks."""
    mask = np.ones(rows.n, np.bool_)
    merchants = list(rows.merchants)
    for besides in scope.besides:
        mask &= ~np.array([m in besides for m in merchants], np.bool_)
    if scope.within is not None:
        mask &= np.array([m in scope.within for m in merchants], np.bool_)
    if scope.starts is not None:
        mask &= rows.times >= scope.starts
    if scope.until is not None:
        mask &= rows.times < scope.until
    if scope.share < 1.0:
        keys = of_cards(rows) if scope.by_card else rows.sample_keys
        mask &= sampled(keys, scope.salt, scope.share)
    return mask


def run(ruleset: CompiledRuleset, rows: RuleRows) -> RuleResult:
    """What `ruleset.run(rows)` should give."""
    graph = ruleset.graph
    batch = Batch(rows, graph.keys())
    with np.errstate(all="ignore"):
        values = batch.values()
    shape = (len(ruleset.rules), rows.n)
    hits, shadow, errors = (np.zeros(shape, np.bool_) for _ in range(3))
    for index, rule in enumerate(ruleset.rules):
        if rule.runs == "off":
            continue
        step, mask = ruleset.expressions[index].step, looks(rows, ruleset.reaches[index])
        err = np.zeros(rows.n, np.bool_)
        for bit, leaf in enumerate(graph.leaf_steps):
            if graph.leaves[step] >> bit & 1 and leaf in batch.errors:
                err = err | batch.errors[leaf]
        hit = np.broadcast_to(values[step], rows.n) & mask & ~err
        if rule.runs == "live":
            hits[index], errors[index] = hit, mask & err
        else:
            shadow[index] = hit
    return _result(ruleset, hits, shadow, errors)


def _result(ruleset: CompiledRuleset, hits: np.ndarray, shadow: np.ndarray, errors: np.ndarray) -> RuleResult:
    asking = {action: [i for i, r in enumerate(ruleset.rules) if r.action == action] for action in ACTIONS}
    actions = {action: np.asarray(hits[rules].any(axis=0), np.bool_) for action, rules in asking.items()}
    score, deciding = np.zeros(hits.shape[1], np.int64), np.full(hits.shape[1], -1, np.int64)
    for row in range(hits.shape[1]):
        hit = [rule for rule, is_hit in zip(ruleset.rules, hits[:, row], strict=True) if is_hit]
        score[row] = min(max(sum(rule.score or 0 for rule in hit), 0), SCORE_MAX)
        setting = [rule.set_score for rule in hit if rule.set_score is not None]
        if setting:
            score[row] = max(setting)
        for action in reversed(ACTIONS):
            if actions[action][row]:
                deciding[row] = next(rule for rule in asking[action] if hits[rule, row])
    return RuleResult(score=score, hits=hits, shadow=shadow, errors=errors, deciding=deciding, **actions)
