"""Which payments a rule looks at: its level, its time and its sample.

Rules cascade global > merchant group > merchant: a rule of a narrower level with the same id takes the wider
one's place for its merchants, whatever its mode, time or sample (so `mode: off` at a merchant switches a
rule off there). Everything depends on the payment alone: its merchant, its engine time, its key or its card.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import xxhash
from numpy.typing import NDArray

from models.kernels import splitmix64
from models.rules.document import Rule, RulesetDocument, millis
from models.rules.language import RuleBatch, RuleRows

Mask = NDArray[np.bool_]
CARD: Final = "card"
"""The column that a share of cards is drawn by."""
SHARE_BITS: Final = 53
"""Of the hash that a share is compared with: as many as float64 holds exactly."""


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


class ScopeMasks:
    """The rows of one batch that rules look at; each question is answered once."""

    def __init__(self, rows: RuleRows) -> None:
        """Looks at nothing yet."""
        self._rows = rows
        self._masks: dict[Merchants, Mask] = {}
        self._merchants: tuple[list[str], NDArray[np.intp]] | None = None
        self._cards: NDArray[np.uint64] | None = None

    def mask(self, reach: RuleScope) -> Mask | None:
        """Where the rule looks; None for everywhere."""
        masks = [~self._in(merchants) for merchants in reach.besides]
        if reach.within is not None:
            masks.append(self._in(reach.within))
        if reach.starts is not None:
            masks.append(self._rows.times >= reach.starts)
        if reach.until is not None:
            masks.append(self._rows.times < reach.until)
        if reach.share < 1.0:
            keys = self._card_keys() if reach.by_card else self._rows.sample_keys
            masks.append(sampled(keys, reach.salt, reach.share))
        return np.logical_and.reduce(masks) if masks else None

    def _in(self, merchants: Merchants) -> Mask:
        mask = self._masks.get(merchants)
        if mask is None:
            distinct, at = self._distinct()
            mask = np.array([merchant in merchants for merchant in distinct], np.bool_)[at]
            self._masks[merchants] = mask
        return mask

    def _card_keys(self) -> NDArray[np.uint64]:
        """Hashes of the cards; where there is none, or it cannot be read, that of the payment."""
        if self._cards is None:
            cards = RuleBatch(self._rows).leaf(0, lambda rows: rows.column(CARD), None)
            self._cards = self._rows.sample_keys.astype(np.uint64)
            for row, card in enumerate(cards.tolist()):
                if isinstance(card, str):
                    self._cards[row] = xxhash.xxh3_64_intdigest(card)
        return self._cards

    def _distinct(self) -> tuple[list[str], NDArray[np.intp]]:
        if self._merchants is None:
            places: dict[str, int] = {}
            at = [places.setdefault(merchant, len(places)) for merchant in self._rows.merchants.tolist()]
            self._merchants = (list(places), np.array(at, np.intp))
        return self._merchants


def sampled(keys: NDArray[np.uint64], salt: int, share: float) -> Mask:
    """Whether each key is among `share` of all keys: a fixed hash of key and salt (SplitMix64).

    >>> keys = np.arange(100_000, dtype=np.uint64)
    >>> few, many = sampled(keys, 1, 0.25), sampled(keys, 1, 0.5)
    >>> bool(abs(few.mean() - 0.25) < 0.005), bool((few <= many).all())
    (True, True)
    """
    mixed = splitmix64(keys.astype(np.uint64) ^ np.uint64(salt))
    return (mixed >> np.uint64(64 - SHARE_BITS)) < np.uint64(int(share * (1 << SHARE_BITS)))
