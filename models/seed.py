"""What a fresh installation judges by: ruleset, policy, model, tables and lists that ship with the package.

They are a starting point to demonstrate and test with; a real installation publishes its own.
"""

from importlib.resources import files
from typing import Any

import yaml


def seed_ruleset() -> dict[str, Any]:
    """The five seed rules, as the document a `ruleset` control carries."""
    return _document("seed_ruleset.yaml")


def seed_policy() -> dict[str, Any]:
    """The seed thresholds, as the document a `policy` control carries."""
    return _document("seed_policy.yaml")


def seed_model_artefact() -> bytes:
    """The LightGBM baseline, trained on simulated traffic by `python -m training.seed_model.baseline`."""
    return _blob("seed_model.json")


def seed_tables() -> dict[str, bytes]:
    """Reference tables by name, as far as they may be shipped: `countries`, `currencies`, `fx` (sample
    exchange rates), `ip_countries` (IPv4 delegations) and `mccs`. There is none of BINs, and no IPv6: publish
    your own.
    """
    return {
        "countries": _blob("countries.csv"),
        "currencies": _blob("iso4217.csv"),
        "fx": _blob("fx_sample.csv"),
        "ip_countries": _blob("ipv4_countries.bin"),
        "mccs": _blob("mcc_groups.csv"),
    }


def seed_lists() -> dict[str, list[str]]:
    """Sample list entries; the BINs are examples, not accusations."""
    return {"blocked_bins": ["400000", "510510", "41000000"]}


def _blob(name: str) -> bytes:
    return files("models").joinpath("data", name).read_bytes()


def _document(name: str) -> dict[str, Any]:
    document = yaml.safe_load(_blob(name))
    assert isinstance(document, dict), name
    return document
