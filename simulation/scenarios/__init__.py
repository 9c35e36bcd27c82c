"""Scenarios of fraud, one a module, and how fraud changes over the months.

Invariant: a fraudulent payment is a pure function of (seed, scenario, day, campaign, step).
"""

from simulation.scenarios.account_takeover import AccountTakeover
from simulation.scenarios.bin_attack import BinAttack
from simulation.scenarios.campaign import FraudScenario, ScenarioContext
from simulation.scenarios.card_testing import CardTesting
from simulation.scenarios.merchant_compromise import MerchantCompromise
from simulation.scenarios.mule_ring import MuleRing
from simulation.scenarios.stolen_card import StolenCard

__all__ = [
    "AccountTakeover",
    "BinAttack",
    "CardTesting",
    "FraudScenario",
    "MerchantCompromise",
    "MuleRing",
    "ScenarioContext",
    "StolenCard",
]
