"""Which payments a rule looks at: its level, its time and its sample.

Rules cascade global > merchant group > merchant: a rule of a narrower level with the same id takes the wider
one's place for its merchants, whatever its mode, time or sample (so `mode: off` at a merchant switches a
rule off there). Everything depends on the payment alone: its merchant, its engine time, its key or its card.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.kernels import splitmix64
from models.rules.document import ACTIONS, Rule, RulesetDocument, millis
from models.rules.program import (
    ALL_KEYS,
    BY_CARD,
    BY_PAYMENT,
    EVERYWHERE,
    NO_ACTION,
    NO_SCORE_SET,
    SHARE_BITS,
    MerchantSets,
    RunningRules,
)

Mask = NDArray[np.bool_]
NEVER_BEFORE: Final = -(2**63)
NEVER_AFTER: Final = 2**63 - 1
_ORDER: Final[dict[str | None, int]] = {action: place for place, action in enumerate(ACTIONS)}

Merchants = frozenset[str]


@dataclass(frozen=True)
class RuleScope:
    """Which payments one rule looks at. Sets of merchants are shared between rules."""

    within: Merchants | None
    """Merchants it looks at; None: all."""
    besides: tuple[Merchants, ...]
    """Merchants of narrower rules with the same id, which it leaves to them."""
    starts: int | None
    """Engine time it starts at, ms."""
    until: int | None
    """Engine time before which it ends, ms."""
    share: float
    """Share of payments."""
    salt: int
    """Which payments the share draws."""
    by_card: bool = False
    """Whether it is a share of cards."""

    @property
    def draws_cards(self) -> bool:
        """Whether the cards of payments matter to it."""
        return self.by_card and self.share < 1.0

    def yields(self, merchant: str) -> bool:
        """Whether a narrower level decides for this merchant."""
        return any(merchant in merchants for merchants in self.besides)


def reaches(document: RulesetDocument) -> tuple[RuleScope, ...]:
    """The reach of each rule of the document."""
    groups = {name: frozenset(merchants) for name, merchants in document.groups.items()}
    by_id: dict[str, list[Rule]] = {}
    for rule in document.rules:
        by_id.setdefault(rule.id, []).append(rule)
    namesakes = {id: _Namesakes.of(rules) for id, rules in by_id.items()}
    return tuple(_reach(rule, namesakes[rule.id], groups) for rule in document.rules)


@dataclass(frozen=True)
class _Namesakes:
    """Rules of one id: what the narrower ones take from the wider. Made once, as its sets are compared in
    every batch."""

    singles: tuple[Merchants, ...]
    """Merchants that have a rule of their own: one set, or none."""
    groups: tuple[str, ...]
    """Groups that have one."""

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> "_Namesakes":
        single = frozenset(rule.merchant for rule in rules if rule.merchant is not None)
        groups = tuple(rule.group for rule in rules if rule.group is not None)
        return cls((single,) if single else (), groups)


def _reach(rule: Rule, namesakes: _Namesakes, groups: Mapping[str, Merchants]) -> RuleScope:
    within: Merchants | None = None
    besides: tuple[Merchants, ...] = ()
    if rule.merchant is not None:
        within = frozenset({rule.merchant})
    elif rule.group is not None:
        within, besides = groups[rule.group], namesakes.singles
    else:
        besides = (*namesakes.singles, *(groups[name] for name in namesakes.groups))
    return RuleScope(
        within,
        besides,
        None if rule.starts is None else millis(rule.starts),
        None if rule.until is None else millis(rule.until),
        1.0 if rule.sample is None else rule.sample,
        xxhash.xxh3_64_intdigest(rule.id),
        rule.by == "card",
    )


def merchant_sets(rules: Sequence[Rule], scopes: Sequence[RuleScope]) -> MerchantSets:
    """Every set of merchants that rules which run ask for, once."""
    sets = dict.fromkeys(
        each
        for rule, scope in zip(rules, scopes, strict=True)
        if rule.runs != "off"
        for each in (*scope.besides, *(() if scope.within is None else (scope.within,)))
    )
    return MerchantSets(tuple(sets))


def running(
    rules: Sequence[Rule], roots: Sequence[int], scopes: Sequence[RuleScope], merchants: MerchantSets
) -> RunningRules:
    """The rules that run, as the interpreter takes them; `roots`: the steps of their conditions."""
    places = [place for place, rule in enumerate(rules) if rule.runs != "off"]
    number = {each: at for at, each in enumerate(merchants.sets)}
    chosen, looks = [rules[place] for place in places], [scopes[place] for place in places]
    besides = [[number[each] for each in scope.besides] for scope in looks]
    return RunningRules(
        rule=_int64(places),
        root=_int64([roots[place] for place in places]),
        is_live=np.array([rule.runs == "live" for rule in chosen], np.bool_),
        action=_int64([_ORDER.get(rule.action, NO_ACTION) for rule in chosen]),
        adds=_int64([rule.score or 0 for rule in chosen]),
        sets=_int64([NO_SCORE_SET if rule.set_score is None else rule.set_score for rule in chosen]),
        starts=_int64([NEVER_BEFORE if scope.starts is None else scope.starts for scope in looks]),
        until=_int64([NEVER_AFTER if scope.until is None else scope.until for scope in looks]),
        below=np.array([int(scope.share * ALL_KEYS) for scope in looks], np.uint64),
        salt=np.array([scope.salt for scope in looks], np.uint64),
        drawn=_int64([BY_CARD if scope.draws_cards else BY_PAYMENT for scope in looks]),
        within=_int64([EVERYWHERE if scope.within is None else number[scope.within] for scope in looks]),
        besides=_int64([each for of_rule in besides for each in of_rule]),
        first=_int64([0, *accumulate(map(len, besides))]),
    )


def _int64(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def looks(scope: RuleScope, merchant: str, time: int, key: int) -> bool:
    """Whether a rule looks at a payment: plainly, for people who ask why not. `key`: what its share is drawn
    by.
    """
    return (
        not scope.yields(merchant)
        and (scope.within is None or merchant in scope.within)
        and (scope.starts is None or time >= scope.starts)
        and (scope.until is None or time < scope.until)
        and (scope.share >= 1.0 or bool(sampled(np.array([key], np.uint64), scope.salt, scope.share)[0]))
    )


def sampled(keys: NDArray[np.uint64], salt: int, share: float) -> Mask:
    """Whether each key is among `share` of all keys: a fixed hash of key and salt (SplitMix64).

    >>> keys = np.arange(100_000, dtype=np.uint64)
    >>> few, many = sampled(keys, 1, 0.25), sampled(keys, 1, 0.5)
    >>> bool(abs(few.mean() - 0.25) < 0.005), bool((few <= many).all())
    (True, True)
    """
    mixed = splitmix64(keys.astype(np.uint64) ^ np.uint64(salt))
    return (mixed >> np.uint64(64 - SHARE_BITS)) < np.uint64(int(share * (1 << SHARE_BITS)))
