"""What a policy judges and decides: columns over the payments of one segment of the log."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Codes, Int64s
from models.messages import Verdict

VERDICTS: Final = (Verdict.APPROVE, Verdict.CHALLENGE, Verdict.REVIEW, Verdict.DECLINE)
"""Verdict by code: `VERDICTS[code]`, in order of sternness."""

APPROVE, CHALLENGE, REVIEW, DECLINE = range(4)
NO_PROBABILITY: Final = -1
NO_SCORE: Final = -1
NO_PROPENSITY: Final = -1
PRE_AUTH: Final = 0
"""Code of the phase before authorisation, the only one in which a challenge can still be asked for."""


class DecidedBy(IntEnum):
    """What brought the verdict about. New ones go to the end: codes are kept in snapshots."""

    POLICY = 0
    FALLBACK = 1
    LEGAL_BLOCK = 2
    ALLOW = 3
    BLOCK = 4
    REVIEW_RULE = 5
    SCORE = 6
    SOFT_DECLINE = 7
    HOLDOUT = 8
    CHALLENGE_RULE = 9
    SCA = 10


class RuleActions(Protocol):
    """What the rules ask for, shape (n,); `errors` (rules, n): which rule erred on which payment."""

    @property
    def legal_block(self) -> Bools: ...
    @property
    def allow(self) -> Bools: ...
    @property
    def block(self) -> Bools: ...
    @property
    def review(self) -> Bools: ...
    @property
    def challenge(self) -> Bools: ...
    @property
    def errors(self) -> Bools: ...


ParametersFor = Callable[[str], Mapping[str, Any] | None]
"""The policy parameters of a merchant's segment, from the ruleset; None: the policy's own."""


@dataclass(frozen=True)
class PolicyRows:
    """n payments in order of the log; every array has shape (n,)."""

    probability_micro: Int64s
    """Calibrated probability of fraud, micro-units; -1 where there is none."""
    score: Int64s
    """The rules' score; -1 where there is none."""
    amount: Int64s
    """EUR cents."""
    challengeable: Bools
    """The method and channel can be challenged at all."""
    degraded: Bools
    """Something could not be used; features that are warming do not count as that."""
    authenticated: Bools
    """The payer was authenticated in this attempt (3DS result Y or A)."""
    liability_shift: Bools
    """The issuer bears a fraud as things are."""
    merchant_initiated: Bools
    """The payer is not present."""
    phase: Codes
    """0 before authorisation, 1 after 3DS, 2 after authorisation."""
    forced_challenge: Bools
    """The issuer soft-declined an earlier attempt."""
    keys: NDArray[np.uint64]
    """Hash of the card or customer, by which the holdout draws."""
    times: Int64s
    """Engine time, ms."""
    merchants: NDArray[np.object_] | list[str]
    """Merchant ids."""
    rules: RuleActions | None = None
    """What the rules ask for; None without a ruleset."""
    parameters_for: ParametersFor | None = None
    """Policy parameters of a merchant's segment; None: the policy's own for all."""
    shifts_if_challenged: Bools | None = None
    """Whether a challenge can shift the loss (region, method); None: wherever one is possible."""
    sca_outstanding: Bools | None = None
    """Authentication is required and has not been done; None: not assessed."""

    @property
    def n(self) -> int:
        return len(self.times)

    @property
    def can_challenge(self) -> Bools:
        """Where a challenge is possible: payer present, before authorisation, not yet authenticated."""
        possible: Bools = self.challengeable & (self.phase == PRE_AUTH)
        possible &= ~self.authenticated & ~self.merchant_initiated
        return possible


@dataclass(frozen=True)
class PolicyResult:
    """What a policy decides of n payments; every array has shape (n,)."""

    verdict: Codes
    """Codes of `VERDICTS`."""
    decided_by: Codes
    """Codes of `DecidedBy`."""
    holdout: Bools
    """Approved by the draw."""
    propensity_micro: Int64s
    """How likely a payment like this one is approved: 1,000,000 where the policy approves it, the holdout's
    share where the draw may, else 0; -1 without a holdout.
    """
