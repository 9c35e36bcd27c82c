"""The words of a decision that its record keeps as numbers: rules, reasons, authentication."""

from collections.abc import Sequence
from functools import cache
from sys import intern
from typing import Final, NamedTuple

from msgspec.structs import replace

from models.messages import DecisionReason, Sca, Versions
from models.policy import VERDICTS, DecidedBy
from models.rules import CompiledRuleset
from models.sca import Exemption, Liability, ScaStatus, Scope
from models.scoring import merchant_text
from streams.engine.decision import HitSet
from streams.engine.result import Origin, RuleRecord

NO_SCA: Final = 0
"""What a record keeps of payments that are not by card."""

RULES_DECIDED: Final = frozenset(
    (
        DecidedBy.LEGAL_BLOCK,
        DecidedBy.ALLOW,
        DecidedBy.BLOCK,
        DecidedBy.REVIEW_RULE,
        DecidedBy.CHALLENGE_RULE,
    )
)
DECIDED_BY: Final = tuple(intern(each.name.lower()) for each in DecidedBy)
"""Interned: a default is left out of the JSON only where it is the very same object."""

MERCHANT_TEXTS: Final = tuple(tuple(merchant_text(verdict, by) for by in DecidedBy) for verdict in VERDICTS)
"""By the codes of both."""


class Said(NamedTuple):
    """A set of hits in words; `level` is that of the rule that would decide. The deciding rule's reason
    stands first. `challenger`: the versions where the challenger decided.
    """

    hits: tuple[str, ...]
    shadow_hits: tuple[str, ...]
    tags: tuple[str, ...]
    level: str | None
    versions: Versions
    reasons: tuple[DecisionReason, ...]
    cut: bool
    challenger: Versions | None = None


def said(hit_set: HitSet, origin: Origin) -> Said:
    """The words of a set, by the rules of its origin."""
    rules = origin.rules
    hits = [rules[at] for at in hit_set.hits]
    first = sorted(hit_set.hits, key=lambda at: at != hit_set.deciding)
    return Said(
        tuple(rule.id for rule in hits),
        tuple(rules[at].id for at in hit_set.shadow),
        tuple(dict.fromkeys(rule.tag for rule in hits if rule.tag is not None)),
        rules[hit_set.deciding].level if hit_set.deciding >= 0 else None,
        origin.versions,
        tuple(DecisionReason(rules[at].id, rules[at].description) for at in first),
        hit_set.cut,
        None if origin.challenger is None else replace(origin.versions, model=origin.challenger),
    )


def rules_of(ruleset: CompiledRuleset | None) -> tuple[RuleRecord, ...]:
    """What decisions say of a ruleset's rules."""
    if ruleset is None:
        return ()
    return tuple(RuleRecord(rule.id, rule.description, rule.level, rule.tag) for rule in ruleset.rules)


@cache
def sca_of(code: int) -> Sca | None:
    """The words of `sca_codes`: at most 1,024."""
    if code == NO_SCA:
        return None
    exemption, scope = Exemption(code >> 3 & 7), Scope(code >> 6 & 7)
    return Sca(
        ScaStatus((code & 3) - 1).name.lower(),  # type: ignore[arg-type]
        Liability(code >> 9 & 3).name.lower(),  # type: ignore[arg-type]
        None if exemption is Exemption.NONE else exemption.name.lower(),  # type: ignore[arg-type]
        None if scope is Scope.IN_SCOPE else scope.name.lower(),  # type: ignore[arg-type]
    )


def numbers_of(word: int) -> Sequence[int]:
    """The codes in a record's `reasons`, first to last."""
    return (word & 255, word >> 8 & 255, word >> 16 & 255)
