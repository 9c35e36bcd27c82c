"""Rows for a policy, one payment or many, with fields that do not matter set to what changes nothing."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.policy.rows import NO_SCORE, PolicyRows

NAMES = ("legal_block", "allow", "block", "review", "challenge")


@dataclass(frozen=True)
class Actions:
    """What the rules ask for, as the compiled ruleset would say it."""

    legal_block: np.ndarray
    allow: np.ndarray
    block: np.ndarray
    review: np.ndarray
    challenge: np.ndarray
    errors: np.ndarray = field(default_factory=lambda: np.zeros((1, 1), np.bool_))


def actions(n: int, *asked: str, erred: bool = False) -> Actions:
    """The same for n payments: these actions and no others; with or without an error of another rule."""
    flags = {name: np.full(n, name in asked) for name in NAMES}
    return Actions(**flags, errors=np.full((2, n), erred))


def rows(n: int = 1, **columns: Any) -> PolicyRows:
    """n card payments of 100.00 EUR before authorisation, without a risk, with a rule score of 0."""
    defaults: dict[str, Any] = {
        "probability_micro": 0, "score": 0, "amount": 10_000, "challengeable": True, "degraded": False,
        "authenticated": False, "liability_shift": False, "merchant_initiated": False, "phase": 0,
        "forced_challenge": False, "keys": 1, "times": 0, "merchants": "m",
    }  # fmt: skip
    optional = {"shifts_if_challenged", "sca_outstanding"} & columns.keys()
    kinds = {
        "probability_micro": np.int64, "score": np.int64, "amount": np.int64, "phase": np.uint8,
        "keys": np.uint64, "times": np.int64, "merchants": object,
    }  # fmt: skip
    made: dict[str, Any] = {
        name: np.broadcast_to(np.array(columns.get(name, default), kinds.get(name, np.bool_)), n).copy()
        for name, default in defaults.items()
    }
    made |= {name: np.broadcast_to(np.array(columns[name], np.bool_), n).copy() for name in optional}
    rest = {name: columns[name] for name in ("rules", "parameters_for") if name in columns}
    return PolicyRows(**made, **rest)


__all__ = ["NO_SCORE", "Actions", "actions", "rows"]
