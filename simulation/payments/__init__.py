"""Payments before they are messages: their columns, and the index and the parameters that an id carries.

Invariant: an index says which payment it is, and so which scenario. Imports `models` only.
"""

from simulation.payments.columns import ChannelCode, MethodCode, PaymentColumns, Scenario, joined
from simulation.payments.indexes import CAMPAIGNS_MAX, CampaignSteps, SessionSteps, scenarios_of
from simulation.payments.parameters import DAYS_MAX, SEED_MAX, WorldParameters, checked_seed, parsed_world_id

__all__ = [
    "CAMPAIGNS_MAX",
    "DAYS_MAX",
    "SEED_MAX",
    "CampaignSteps",
    "ChannelCode",
    "MethodCode",
    "PaymentColumns",
    "Scenario",
    "SessionSteps",
    "WorldParameters",
    "checked_seed",
    "joined",
    "parsed_world_id",
    "scenarios_of",
]
