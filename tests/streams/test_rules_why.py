import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from features.catalogue import CATALOGUE
from models.messages.decision import Verdict
from streams.commands.rules.why import command
from streams.errors import Misconfigured
from streams.inspect.counterfactual import kinds, parse_case

RULES = """
name: test
version: 2
rules:
  - {id: many, description: d, owner: o, when: card_payment_count_1h > 5, action: block}
  - {id: large, description: d, owner: o, when: amount > 1000 EUR and ip_country is missing, action: review}
  - {id: vip, description: d, owner: o, when: customer in list("trusted_customers"), action: allow}
"""
PAYMENT = {
    "type": "payment", "merchant_account": "acme", "payment_id": "p_1", "occurred_at": 1_790_000_000_000,
    "amount": 20_000, "currency": "EUR", "method": {"kind": "card", "token": "c_1"},
    "merchant": {"id": "m_1"}, "customer": {"id": "cus_1"},
}  # fmt: skip


def why(folder: Path, document: object, *options: str) -> str:
    ruleset, payment = folder / "rules.yaml", folder / "payment.json"
    ruleset.write_text(RULES)
    payment.write_text(json.dumps(document))
    result = CliRunner().invoke(
        command, [str(payment), "--ruleset", str(ruleset), *options], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output.strip()


def known(features: dict[str, float], **beside: object) -> dict[str, object]:
    return {"payment": PAYMENT, "features": features, "probability": 0.01, **beside}


def test_the_smallest_change_is_told_without_an_engine(tmp_path: Path) -> None:
    assert why(tmp_path, known({"card_payment_count_1h": 7})) == (
        "decline: would be approve if card_payment_count_1h were 5 instead of 7 (-2) (many no longer hits)"
    )


def test_a_wanted_verdict_is_looked_for(tmp_path: Path) -> None:
    text = why(tmp_path, known({"card_payment_count_1h": 2}), "--wanted", "review")
    assert text.startswith("approve: would be review if ")
    assert "amount were 100001 instead of 20000" in text
    assert "large hits" in text


def test_lists_that_are_told_count(tmp_path: Path) -> None:
    lists = {"trusted_customers": ["cus_1"]}
    document = known({"card_payment_count_1h": 7}, lists=lists)
    text = why(tmp_path, document, "--wanted", "decline")
    assert text == (
        "approve: would be decline if customer were not on the list trusted_customers (vip no longer hits)"
    )


def test_a_payment_alone_has_no_model_and_is_a_fallback_review(tmp_path: Path) -> None:
    assert why(tmp_path, PAYMENT).startswith("review: ")


def test_a_feature_that_is_not_there_is_told() -> None:
    with pytest.raises(Misconfigured, match="there is no feature 'card_count'"):
        parse_case(json.dumps(known({"card_count": 1})), frozenset(CATALOGUE.names))


def test_what_is_no_payment_is_told() -> None:
    for text in ("[", "[]", '{"payment": {}}', '{"payment": 1}', '{"payment": {}, "other": 1}'):
        with pytest.raises(Misconfigured, match=r"the payment cannot be read|a payment is needed"):
            parse_case(text, frozenset())


def test_units_say_which_numbers_are_whole() -> None:
    found = kinds(CATALOGUE)
    assert set(found) >= set(CATALOGUE.names)
    assert found["card_payment_count_1h"] == found["card_amount_sum_1h"] == "whole"
    assert found["card_device_is_new"] == "flag"
    assert found["card_amount_ratio_to_mean_30d"] == found["card_speed_kmh"] == "real"


def test_it_needs_one_payment() -> None:
    assert CliRunner().invoke(command, []).exit_code == 2
    assert Verdict("approve") is Verdict.APPROVE
