"""What a policy by cost is worth compared with fixed thresholds and rules alone."""

from training.policy_comparison.costs import POLICY, Costs

__all__ = [
    "POLICY",
    "Costs",
]
