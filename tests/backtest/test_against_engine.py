"""Short form of `tests/checks/backtest_against_replay.py`: figures on drawn payments are the engine's."""

import random
import sys
from pathlib import Path

import pytest

from tests.checks import backtest_against_replay

MAP = """
merchant_account: shop
payment_id: "p{row}"
occurred_at: {terms: {seconds: s}, base: 2024-01-01T00:00:00Z}
amount: {column: cents}
currency: EUR
method: {kind: "{kind}", token: "card_{card}", country: DE, bin: "{bin}"}
customer: {id: "customer_{card}"}
merchant: {id: "m_{merchant}", mcc: "{mcc}", country: "{country}"}
channel: "{channel}"
metadata: {basket: "{basket}"}
label: {column: fraud, values: {0: legitimate, 1: fraud, 2: friendly}, delay: 7d}
"""
COLUMNS = (
    ("card", "card", "wallet", "bank_debit"),
    range(60),
    ("520000", "400000", "431940"),
    range(5),
    ("5411", "5812", "5999"),
    ("DE", "FR", "US"),
    ("ecommerce", "app", "pos", "moto", "recurring"),
    ("gift", "books"),
)
RULES = """
name: drawn
version: 2
groups: {shops: [m_1, m_2]}
segments:
  - {merchant: m_3, parameters: {margin_bp: 100, challenge: {cost: 50}}}
rules:
  - {id: large, description: d, owner: o, when: amount > 500 EUR and probability > 0.2, action: block}
  - {id: large, description: d, owner: o, group: shops, when: amount > 700 EUR, action: review}
  - {id: fast, description: d, owner: o, when: card_payment_count_1h >= 2, score: 60}
  - {id: gift, description: d, owner: o, when: 'metadata.basket == "gift"', action: review, sample: 0.4}
  - {id: small, description: d, owner: o, when: 'mcc in ("5411", "5812") and amount < 20 EUR', action: allow}
  - {id: listed, description: d, owner: o, when: bin in list("blocked_bins"), action: legal_block}
  - {id: abroad, description: d, owner: o, when: merchant_country not in eu, action: challenge}
  - {id: learned, description: d, owner: o, when: card_frauds_learned_lifetime > 0, set_score: 100}
  - {id: tried, description: d, owner: o, when: amount > 300 EUR, action: block, mode: shadow}
  - {id: later, description: d, owner: o, when: amount > 100 EUR, action: review, from: 2024-01-15}
"""


def _csv(path: Path, rows: int) -> None:
    draw = random.Random(5)
    lines = ["row,seconds,cents,kind,card,bin,merchant,mcc,country,channel,basket,fraud"]
    seconds = 0
    for row in range(rows):
        seconds += draw.choice((5, 60, 900, 4_000))
        fraud = draw.choices((0, 1, 2), (90, 8, 2))[0]
        cents = round(draw.lognormvariate(8, 1.5)) + 1 + fraud * 30_000
        drawn = [draw.choice(values) for values in COLUMNS]
        lines.append(",".join(map(str, [row, seconds, cents, *drawn, fraud])))
    path.write_text("\n".join(lines) + "\n")


def _run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    rules: str,
    policy: str = "",
) -> tuple[int, str]:
    _csv(tmp_path / "payments.csv", 1_500)
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "rules.yaml").write_text(rules)
    files = [str(tmp_path / name) for name in ("payments.csv", "map.yaml")]
    options = ["--ruleset", str(tmp_path / "rules.yaml")]
    if policy:
        (tmp_path / "policy.yaml").write_text(policy)
        options += ["--policy", str(tmp_path / "policy.yaml")]
    monkeypatch.setattr(sys, "argv", ["check", *files, *options])
    return backtest_against_replay.main(), capsys.readouterr().out


def test_every_figure_is_the_engines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, output = _run(tmp_path, monkeypatch, capsys, RULES)
    assert code == 0, output
    assert "0 differ" in output


def test_so_is_every_figure_of_a_policy_by_cost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = "{name: c, version: 2, party: merchant, costs: {merchant: {margin_bp: 3000, review: {cost: 8}}}}"
    code, output = _run(tmp_path, monkeypatch, capsys, RULES, policy)
    assert code == 0, output
    assert "0 differ" in output


def test_rules_that_make_list_entries_differ_and_the_difference_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = """
name: lists
version: 2
rules:
  - {id: puts, description: d, owner: o, when: amount > 300 EUR, score: 10, put_on_list: {list: w, of: card}}
  - {id: reads, description: d, owner: o, when: card in list("w"), action: block}
"""
    code, output = _run(tmp_path, monkeypatch, capsys, rules)
    assert code == 0, output
    assert "DIFFERENT: /verdicts/declined/payments" in output
