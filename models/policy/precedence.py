"""How the policy's verdict, the rule score, the rules' actions and the law become one verdict.

From weak to strong; each line overrides those above it:

    policy's verdict          thresholds or greatest utility
    rule score                review and decline above the document's steps: only sterner
    review rule               at least a review
    fallback                  at least a review where something needed was missing: never a silent approve
    block rule                decline
    allow rule                approve; not where a rule erred, since that rule might have blocked
    legal block (sanctions)   decline

An approval then becomes a challenge, where one is possible, if a rule requests 3DS (a request is not final:
it yields to every block, and to none of the approvals), if the issuer soft-declined an earlier attempt, or if
the law requires authentication and the policy enforces it. Between rules' requests and soft declines the
holdout approves some of what would not be (`models.policy.holdout`): never against a legal block, nor where
the verdict is a fallback, nor where authentication is owed.

`models.policy.verdict_kernel` does it row by row; here is what surrounds the holdout's draw, as columns.
"""

from dataclasses import dataclass

from models.arrays import Bools, Codes
from models.policy.rows import APPROVE, CHALLENGE, DecidedBy, PolicyRows


@dataclass
class Verdicts:
    """Verdict and what brought it about, row by row, while they are being combined."""

    verdict: Codes
    decided_by: Codes

    def put(self, where: Bools, verdict: int, decided_by: DecidedBy) -> None:
        """This verdict where `where` is true."""
        self.verdict[where] = verdict
        self.decided_by[where] = decided_by


def unsure(rows: PolicyRows) -> Bools:
    """Where something that judging needs was missing or failed."""
    missing = (rows.probability_micro < 0) | (rows.score < 0) | rows.degraded
    return missing if rows.rules is None else missing | rows.rules.errors.any(axis=0)


def challenge(verdicts: Verdicts, rows: PolicyRows, where: Bools, decided_by: DecidedBy) -> None:
    """An approval becomes a challenge where one is asked for and possible."""
    verdicts.put(where & (verdicts.verdict == APPROVE) & rows.can_challenge, CHALLENGE, decided_by)
