"""The decision that the README shows is one that the contract knows."""

import re
from pathlib import Path

import msgspec

from models.messages.decision import Decision

README = Path(__file__).parents[2] / "README.md"


def test_the_decision_in_the_readme_is_of_todays_contract() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    decision = msgspec.json.decode(shown, type=Decision)
    assert msgspec.json.decode(msgspec.json.encode(decision)) == msgspec.json.decode(shown)
