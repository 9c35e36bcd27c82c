"""Scenarios of fraud, one a module."""

from simulation.world.scenarios.account_takeover import AccountTakeover
from simulation.world.scenarios.bin_attack import BinAttack
from simulation.world.scenarios.campaign import Scene, Script
from simulation.world.scenarios.card_testing import CardTesting
from simulation.world.scenarios.merchant_compromise import MerchantCompromise
from simulation.world.scenarios.mule_ring import MuleRing
from simulation.world.scenarios.stolen_card import StolenCard

__all__ = [
    "AccountTakeover",
    "BinAttack",
    "CardTesting",
    "MerchantCompromise",
    "MuleRing",
    "Scene",
    "Script",
    "StolenCard",
]
