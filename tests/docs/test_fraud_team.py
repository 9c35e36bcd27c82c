"""docs/fraud-team.md: the ruleset it shows is one that the engine takes."""

import re
from pathlib import Path

from features.catalogue import CATALOGUE
from models.rules import check_ruleset
from streams.engine.decision import rule_schema

PAGE = Path(__file__).parents[2] / "docs/fraud-team.md"


def test_the_ruleset_of_the_page_is_right() -> None:
    (ruleset,) = re.findall(
        r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    (rule,) = check_ruleset(ruleset, rule_schema(CATALOGUE), "shop.yaml").rules
    assert rule.mode == "shadow"
