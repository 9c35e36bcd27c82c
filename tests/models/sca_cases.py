"""Payments for the SCA checks: a German card at a French shop by default, nothing suspicious, one a row."""

from typing import Any

import numpy as np

from models.messages.payment import Channel, MethodKind
from models.sca.assessment import ScaResult, ScaRows, assess
from models.sca.low_value_counters import CardCounters
from models.sca.settings import ScaSettings

CHANNELS = {channel.value: float(code) for code, channel in enumerate(Channel)}
METHODS = {method.value: float(code) for code, method in enumerate(MethodKind)}
RESULTS = {"Y": 0.0, "A": 1.0, "I": 2.0, "C": 3.0, "U": 4.0, "N": 5.0, "R": 6.0}
UNKNOWN = float("nan")


def sca_rows(**facts: Any) -> ScaRows:
    """One payment of 20.00 EUR; features by name, and what is no feature by the words of `FACTS`."""
    fact = FACTS | facts
    features = {
        "channel_code": CHANNELS[fact.pop("channel")],
        "method_code": METHODS[fact.pop("method")],
        "three_ds_code": RESULTS.get(fact.pop("three_ds"), UNKNOWN),
        "eci_code": UNKNOWN if fact["eci"] is None else float(fact["eci"]),
        "has_liability_shift": UNKNOWN if fact["shift"] is None else float(fact["shift"]),
        "is_merchant_initiated": float(fact.pop("merchant_initiated")),
        "has_sca_exemption": float(fact["exemption"] is not None),
    } | fact.pop("features")

    def column(name: str) -> np.ndarray:
        return np.array([features.get(name, UNKNOWN)])

    return ScaRows(
        column=column,
        amount=np.array([fact["amount"]]),
        probability_micro=np.array([fact["micro"]]),
        phase=np.array([fact["phase"]], np.uint8),
        issuer_countries=np.array([fact["issuer"]], object),
        merchant_countries=np.array([fact["merchant"]], object),
        bins=np.array([fact["bin"]], object),
        exemptions=np.array([fact["exemption"]], object),
        counters=CardCounters(np.array([fact["spent"]]), np.array([fact["payments"]])),
        band_eur=np.array([fact["band"]]),
        soft_declined=np.array([fact["soft_declined"]]),
        malware=np.array([fact["malware"]]),
        scenario=np.array([fact["scenario"]]),
    )


FACTS: dict[str, Any] = {
    "channel": "ecommerce", "method": "card", "three_ds": None, "eci": None, "shift": None,
    "merchant_initiated": False, "exemption": None, "features": {}, "amount": 20_00, "micro": 100, "phase": 0,
    "issuer": "DE", "merchant": "FR", "bin": "400000", "spent": 0, "payments": 0, "band": 0,
    "soft_declined": False, "malware": False, "scenario": False,
}  # fmt: skip


def assessed(settings: ScaSettings | None = None, **facts: Any) -> ScaResult:
    return assess(sca_rows(**facts), settings or ScaSettings())
