"""Rules as one flat program over rows: the steps of a ruleset lowered to codes, constants and columns, and
the one compiled interpreter that runs any of them.

Invariants: what a rule does about a payment depends on its own row alone; no ruleset is compiled to machine
code, so a new one acts within milliseconds. May import `models.rules.language`, `models.kernels`.
"""

from models.rules.program.instructions import Program, lowered
from models.rules.program.interpreter import (
    ALL_KEYS,
    EVERYWHERE,
    NO_ACTION,
    NO_SCORE_SET,
    SHARE_BITS,
    RunningRules,
    rule_hits,
    step_values,
    warm,
)
from models.rules.program.leaves import LeafValues
from models.rules.program.merchant_sets import MerchantSets
from models.rules.program.share_keys import BY_CARD, BY_PAYMENT, CARD, share_keys

__all__ = [
    "ALL_KEYS",
    "BY_CARD",
    "BY_PAYMENT",
    "CARD",
    "EVERYWHERE",
    "NO_ACTION",
    "NO_SCORE_SET",
    "SHARE_BITS",
    "LeafValues",
    "MerchantSets",
    "Program",
    "RunningRules",
    "lowered",
    "rule_hits",
    "share_keys",
    "step_values",
    "warm",
]
