"""Judging new payments: the controls in effect, model, rules, authentication and policy."""

from streams.engine.decision.authentication import of_authentication
from streams.engine.decision.context import (
    Artefacts,
    Context,
    InEffect,
    InvalidControlError,
    degraded_names,
    rule_schema,
)
from streams.engine.decision.effects import halted, list_entries
from streams.engine.decision.hit_sets import HitSet, HitSets, packed, unpacked
from streams.engine.decision.judging import Judged, judge, reference_amounts

__all__ = [
    "Artefacts",
    "Context",
    "HitSet",
    "HitSets",
    "InEffect",
    "InvalidControlError",
    "Judged",
    "degraded_names",
    "halted",
    "judge",
    "list_entries",
    "of_authentication",
    "packed",
    "reference_amounts",
    "rule_schema",
    "unpacked",
]
