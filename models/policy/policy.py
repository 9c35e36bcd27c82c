"""How probability and rule score become a verdict. Two versions of policy documents:

Version 1, thresholds; the sterner of score and probability wins:

    rule score > rules.decline_above               decline
    rule score > rules.review_above                review
    probability >= probability.decline_from        decline
    probability >= probability.review_from         review
    probability >= probability.challenge_from      challenge; where none is possible approve what has been
                                                   authenticated already, review the rest
    anything else                                  approve

Version 2, the verdict of greatest expected utility for a named party (`models.policy.utility`), from costs
that a ruleset's segments may replace (`models.policy.parameters`); rule scores decide as in version 1.

Scores are hundredths 0..100, probabilities micro-units 0..1,000,000 (1 = 0.000001); a probability threshold
of 1,000,001 is never reached. Sternness: approve < challenge < review < decline.

What rules, fallback, holdout, soft declines and the law make of it: `models.policy.precedence`. Without a
policy `FALLBACK_POLICY` judges: a rule score above 80 declines, all else is reviewed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, plain
from models.lists import PutLimits
from models.messages import ReviewLoad, Verdict
from models.policy.documents import (
    PolicyDocument,
    PolicyError,
    ProbabilityThresholds,
    UtilityDocument,
    policy_document,
)
from models.policy.holdout import HoldoutBudget
from models.policy.parameters import CostParameters, Party
from models.policy.precedence import Verdicts, challenge, unsure
from models.policy.rows import (
    APPROVE,
    NO_PROPENSITY,
    VERDICTS,
    DecidedBy,
    PolicyResult,
    PolicyRows,
)
from models.policy.segments import Segments
from models.policy.utility import utilities
from models.policy.verdict_kernel import IMPOSSIBLE, Queue, VerdictRows, VerdictSettings, judge_rows
from models.sca import ScaSettings
from models.units import MICRO
from models.versions import content_version

NO_QUEUE: Final = Queue(False, 0, 0, 0)
NO_COSTS: Final = (np.zeros((1, 14), np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class PolicyExplanation:
    """Why a payment was judged as it was."""

    party: Party | None
    """Whose utilities they are; None for a policy of thresholds."""
    cents: Mapping[Verdict, int | None]
    """Utility of each verdict, rounded to the cent; None where it cannot be given; empty without a
    probability.
    """
    parameters: CostParameters | None
    """The party's parameters for this payment."""


class Policy:
    """A checked policy.

    >>> steps = {"challenge_from": 1000, "review_from": 5000, "decline_from": 9000}
    >>> policy = Policy.from_dict({"name": "example", "probability": steps})
    >>> micro, score = np.array([10, 1000, 1000, 9000, -1, 0]), np.array([0, 0, 0, 0, 0, 81])
    >>> challengeable = np.array([True, True, False, True, True, True])
    >>> [VERDICTS[code].value for code in policy.verdicts(micro, score, challengeable)]
    ['approve', 'challenge', 'review', 'decline', 'review', 'decline']
    """

    def __init__(self, document: PolicyDocument | UtilityDocument, version: str) -> None:
        """Use `from_dict`; `version` is the document's content version."""
        self.document = document
        self.version = version
        self._segments: Segments | None = None
        steps, above = (0, 0, 0), document.rules
        if isinstance(document, UtilityDocument):
            self._segments = Segments(document.costs_of(document.party))
        else:
            own = document.probability
            steps = (own.challenge_from, own.review_from, own.decline_from)
        self._settings = VerdictSettings(
            self._segments is not None, *steps, above.review_above, above.decline_above,
            enforces=document.sca.enforce, is_final=True,
        )  # fmt: skip

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        """Check and take a policy document. Raises `PolicyError`."""
        policy = policy_document(document)
        try:
            return cls(policy, content_version(document))
        except (TypeError, ValueError) as error:
            raise PolicyError(f"policy: {error}") from None

    @property
    def sca(self) -> ScaSettings:
        """How strong customer authentication is judged under this policy."""
        return self.document.sca

    @property
    def list_puts(self) -> PutLimits | None:
        """What rules may put on lists under this policy; None: all they ask for."""
        return self.document.list_puts

    @property
    def holdout_by(self) -> str | None:
        """What the holdout goes by: "card" or "customer"; None without a holdout."""
        return self.document.holdout.by if self.document.holdout is not None else None

    def judge(
        self, rows: PolicyRows, load: ReviewLoad | None = None, budget: HoldoutBudget | None = None
    ) -> PolicyResult:
        """The verdicts of n payments. `budget` is changed by what the holdout approves; without one it is
        off.
        """
        verdicts = Verdicts(np.empty(rows.n, np.uint8), np.empty(rows.n, np.uint8))
        draws = self.document.holdout is not None and budget is not None
        costs, segments = NO_COSTS if self._segments is None else self._segments.matrix(rows)
        settings = self._settings._replace(is_final=False) if draws else self._settings
        queue = NO_QUEUE if load is None else Queue(True, load.waiting, load.capacity_per_hour, load.as_of)
        judge_rows(
            _verdict_rows(rows), settings, costs, segments, queue, verdicts.verdict, verdicts.decided_by
        )
        if draws and budget is not None:
            return self._with_holdout(verdicts, rows, budget)
        held, propensity = np.zeros(rows.n, np.bool_), np.full(rows.n, NO_PROPENSITY, np.int64)
        return PolicyResult(verdicts.verdict, verdicts.decided_by, held, propensity)

    def _with_holdout(self, verdicts: Verdicts, rows: PolicyRows, budget: HoldoutBudget) -> PolicyResult:
        """The draw, and what comes after it."""
        held, propensity = self._held_out(verdicts, rows, budget)
        challenge(verdicts, rows, rows.forced_challenge, DecidedBy.SOFT_DECLINE)
        challenge(verdicts, rows, self._owed(rows), DecidedBy.SCA)
        propensity[(verdicts.verdict == APPROVE) & ~held] = MICRO
        return PolicyResult(verdicts.verdict, verdicts.decided_by, held, propensity)

    def explain(
        self, rows: PolicyRows, row: int, load: ReviewLoad | None = None, party: Party | None = None
    ) -> PolicyExplanation:
        """The utilities of the verdicts of one row, for the deciding party or another one."""
        document = self.document
        if self._segments is None or not isinstance(document, UtilityDocument):
            return PolicyExplanation(None, {}, None)
        whose = party or document.party
        segments = self._segments if whose is document.party else Segments(document.costs_of(whose))
        parameters = segments.parameters(rows, row)
        if rows.probability_micro[row] < 0:
            return PolicyExplanation(whose, {}, parameters)
        figures = utilities(rows, segments.columns(rows), load)[:, row].tolist()
        cents = [None if u == IMPOSSIBLE else (u + MICRO // 2) // MICRO for u in figures]
        return PolicyExplanation(whose, dict(zip(VERDICTS, cents, strict=True)), parameters)

    def verdicts(
        self,
        probability_micro: NDArray[np.int64],
        score: NDArray[np.int64],
        challengeable: NDArray[np.bool_],
        degraded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint8]:
        """Verdict codes (see `VERDICTS`) of n payments before authorisation by thresholds alone; all arrays
        have shape (n,).

        `probability_micro` is -1 where there is none, `score` -1 where no ruleset judged, `degraded` true
        where something else could not be used.
        """
        n = len(probability_micro)
        no, zeros = np.zeros(n, np.bool_), np.zeros(n, np.int64)
        rows = PolicyRows(
            probability_micro=probability_micro, score=score, amount=zeros, challengeable=challengeable,
            degraded=no if degraded is None else degraded, authenticated=no, liability_shift=no,
            merchant_initiated=no, phase=zeros.astype(np.uint8), forced_challenge=no,
            keys=zeros.astype(np.uint64), times=zeros, merchants=np.full(n, "", object),
        )  # fmt: skip
        return self.judge(rows).verdict

    def _held_out(
        self, verdicts: Verdicts, rows: PolicyRows, budget: HoldoutBudget
    ) -> tuple[Bools, NDArray[np.int64]]:
        """Puts the draw's approvals into `verdicts`; where, and the propensity of all it may approve."""
        held, document = np.zeros(rows.n, np.bool_), self.document.holdout
        assert document is not None
        barred = unsure(rows) | (rows.forced_challenge & rows.can_challenge) | self._owed(rows)
        may = (verdicts.verdict != APPROVE) & ~barred
        if rows.rules is not None:
            may &= ~rows.rules.legal_block
        at, propensity = np.flatnonzero(may), np.zeros(rows.n, np.int64)
        held[at], propensity[at] = budget.draw(document, rows.keys[at], rows.times[at], rows.amount[at])
        verdicts.put(held, APPROVE, DecidedBy.HOLDOUT)
        return held, propensity

    def _owed(self, rows: PolicyRows) -> Bools:
        """Where the law wants an authentication that is still possible, and this policy enforces it."""
        if not self.document.sca.enforce or rows.sca_outstanding is None:
            return np.zeros(rows.n, np.bool_)
        return rows.sca_outstanding & rows.can_challenge


def _verdict_rows(rows: PolicyRows) -> VerdictRows:
    """As the kernel takes them."""
    n, rules = rows.n, rows.rules
    no = np.zeros(n, np.bool_)
    asked = (no, no, no, no, no, no)
    if rules is not None:
        is_any = np.count_nonzero(rules.errors)
        erred = np.array(np.broadcast_to(rules.errors.any(axis=0), n)) if is_any else no
        asked = (rules.legal_block, rules.allow, rules.block, rules.review, rules.challenge, erred)
    shifts, outstanding = rows.shifts_if_challenged, rows.sca_outstanding
    numbers = (rows.probability_micro, rows.score, rows.amount, rows.times)
    truths = (
        rows.challengeable, rows.degraded, rows.authenticated, rows.liability_shift, rows.merchant_initiated,
        rows.forced_challenge, ~no if shifts is None else shifts, no if outstanding is None else outstanding,
        *asked,
    )  # fmt: skip
    return VerdictRows._make(
        [
            *(plain(each, np.int64) for each in numbers),
            plain(rows.phase, np.uint8),
            *(plain(each, np.bool_) for each in truths),
        ]
    )


FALLBACK_POLICY: Final = Policy(PolicyDocument("fallback", ProbabilityThresholds(0, 0, MICRO + 1)), "none")
"""Judges when the log has published no policy: nothing is approved; a rule score above 80 still declines."""


def warm() -> None:
    """Compiles the kernel, or loads it from the cache, before the first payment."""
    none = np.zeros(0, np.int64)
    FALLBACK_POLICY.verdicts(none, none, none.astype(np.bool_))
