"""Judging new payments: the controls in effect, model, rules, authentication and policy.

Invariants: a judgement depends on the payment, its vector, the counters and the context, not on cuts; what a
decision changes for later payments is a control. May import `models`, the engine's admission and segment.
"""

from streams.engine.decision import hit_sets
from streams.engine.decision.artefact_shelf import ArtefactShelf, InvalidPartError
from streams.engine.decision.authentication import authentication_columns
from streams.engine.decision.context import (
    LATE,
    Artefacts,
    Context,
    ControlsInEffect,
    InvalidControlError,
    degraded_names,
    rule_schema,
)
from streams.engine.decision.effects import PutGate, halted, list_entries
from streams.engine.decision.hit_sets import HitSet, HitSets, origin_of, pack_hit_sets, unpack_hit_set
from streams.engine.decision.judging import Judgement, judge
from streams.engine.decision.rule_columns import RuleColumns

__all__ = [
    "LATE",
    "ArtefactShelf",
    "Artefacts",
    "Context",
    "ControlsInEffect",
    "HitSet",
    "HitSets",
    "InvalidControlError",
    "InvalidPartError",
    "Judgement",
    "PutGate",
    "RuleColumns",
    "authentication_columns",
    "degraded_names",
    "halted",
    "hit_sets",
    "judge",
    "list_entries",
    "origin_of",
    "pack_hit_sets",
    "rule_schema",
    "unpack_hit_set",
]
