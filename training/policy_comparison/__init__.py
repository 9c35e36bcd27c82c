"""What a policy by cost is worth compared with fixed thresholds and rules alone.

Invariant: costs are those of `models.policy.utility`, with the label known. Imports `models`, `features`,
`training.measures`.
"""

from training.policy_comparison.costs import POLICY, Costs

__all__ = [
    "POLICY",
    "Costs",
]
