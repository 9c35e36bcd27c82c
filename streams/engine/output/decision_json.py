"""The JSON of decisions from prepared pieces: what most decisions share is put into words once.

Invariant: the bytes are those that msgspec makes of the same `Decision`, which a test compares byte for byte.
What is rare (a challenger on trial, a redacted message) is left to msgspec itself.

All that is remembered here is bounded, and none of it changes a byte.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from models.messages import DecisionReason, MethodKind, Phase, Versions, encode
from models.policy import VERDICTS
from models.scoring import in_words

REMEMBERED_MAX: Final = 1 << 14
"""Texts, probabilities and reasons that are kept in words."""

METHODS: Final = {kind: f',"method":"{kind.value}","merchant_id":' for kind in MethodKind}
PHASES: Final = {
    phase: tuple(f',"phase":"{phase.value}","verdict":"{each.value}","probability":' for each in VERDICTS)
    for phase in Phase
}


def words(value: Any) -> str:
    """A value as msgspec writes it."""
    return encode(value).decode()


def text(value: str) -> str:
    """A text as msgspec writes it.

    >>> text("acme-eu"), text('say "so"')
    ('"acme-eu"', '"say \\\\"so\\\\""')
    """
    is_plain = value.isprintable() and '"' not in value and "\\" not in value
    return f'"{value}"' if is_plain else words(value)


class RepeatedTexts(dict[str | None, str]):
    """Texts that many payments share, such as currencies, in words; begins afresh when full."""

    def __missing__(self, value: str | None) -> str:
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        written = self[value] = "null" if value is None else text(value)
        return written


def member(name: str, value: Any) -> str:
    """`,"name":value`, nothing for what is left out: None, False and nothing at all."""
    return "" if value is None or value is False or value == () else f',"{name}":{words(value)}'


@lru_cache(maxsize=REMEMBERED_MAX)
def share(micro: int, per_unit: int) -> str:
    """Micro-units as a number from 0 to 1; `null` for none."""
    return "null" if micro < 0 else words(micro / per_unit)


def items(reasons: Sequence[DecisionReason]) -> str:
    """Reasons as items of a list, without its brackets."""
    return words(tuple(reasons))[1:-1]


@lru_cache(maxsize=REMEMBERED_MAX)
def model_reasons(word: int, behind_rules: bool) -> str:
    """A record's three reason codes: the end of a list that rules began, or all of it."""
    written = items(in_words((word & 255, word >> 8 & 255, word >> 16 & 255)))
    if behind_rules:
        return f",{written}]" if written else "]"
    return f',"reasons":[{written}]' if written else ""


class HitSetPieces:
    """What decisions say of one set of hits, in words."""

    __slots__ = ("has_reasons", "hits", "level", "only_reasons", "reasons", "rest", "versions")

    def __init__(
        self,
        hits: tuple[str, ...],
        versions: Versions,
        level: str | None,
        reasons: Sequence[DecisionReason],
        tags: tuple[str, ...],
        shadow_hits: tuple[str, ...],
    ) -> None:
        self.hits = f',"hits":{words(hits)},"amount":'
        self.versions = f',"versions":{words(versions)}'
        self.level = member("level", level)
        self.has_reasons = bool(reasons)
        self.only_reasons = member("reasons", tuple(reasons))
        self.reasons = self.only_reasons[:-1]
        self.rest = member("tags", tags) + member("shadow_hits", shadow_hits)
