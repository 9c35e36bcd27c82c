"""One click changes one field of one rule, and nothing else of what people wrote."""

import pytest

from models.rules import RulesetError, read_ruleset, with_rule_added, with_rule_field

TEXT = """\
# Ours since spring.
name: shop
version: 2
rules:
  - id: big           # large amounts
    description: Large amounts
    owner: fraud
    when: amount > 100
    score: 40
  - id: fast
    description: Many at once
    owner: fraud
    mode: shadow
    when: card_payment_count_1h > 3
    action: review
"""


def test_a_rule_is_paused() -> None:
    paused = with_rule_field(read_ruleset(TEXT), 0, "mode", "off")
    assert paused == TEXT.replace("# large amounts\n", "# large amounts\n    mode: off\n")


def test_a_rule_in_shadow_goes_live() -> None:
    live = with_rule_field(read_ruleset(TEXT), 1, "mode", None)
    assert live == TEXT.replace("    mode: shadow\n", "")


def test_a_rule_is_rolled_out_to_a_share() -> None:
    some = with_rule_field(read_ruleset(TEXT), 0, "sample", 0.1)
    more = with_rule_field(read_ruleset(some), 0, "sample", 0.5)
    assert more == TEXT.replace("# large amounts\n", "# large amounts\n    sample: 0.5\n")


@pytest.mark.parametrize("version", ["version: 1\n", ""])
def test_an_older_format_becomes_the_one_that_knows_the_field(version: str) -> None:
    older = (
        "name: shop\n"
        + version
        + "rules:\n- id: big\n  description: d\n  owner: o\n  when: amount > 1\n  score: 1\n"
    )
    document = read_ruleset(with_rule_field(read_ruleset(older), 0, "mode", "off")).document
    assert document["version"] == 2
    assert document["rules"][0]["mode"] == "off"


def test_a_rule_on_one_line_is_left_to_people() -> None:
    text = (
        "name: a\nversion: 2\nrules:\n  - {id: big, description: d, owner: o, when: amount > 1, score: 1}\n"
    )
    with pytest.raises(RulesetError, match="by hand"):
        with_rule_field(read_ruleset(text), 0, "mode", "off")


def test_a_text_without_a_last_line_break_is_edited_as_well() -> None:
    text = TEXT.rstrip("\n").replace("    action: review", "    action: review\n    sample: 0.5")
    assert with_rule_field(read_ruleset(text), 1, "sample", None) == text.replace("    sample: 0.5", "")


ADDED = {"id": "new", "description": "New: one", "owner": "o", "when": 'method == "card"', "action": "block"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (TEXT, None),
        ("name: a\nrules:\n- id: x\n  description: d\n  owner: o\n  when: amount > 1\n  score: 1\n"
         "version: 2\n", 8),
        ("name: a\nversion: 2\nrules:\n", 4),
        ("name: a\nversion: 2\nrules: []\n", 4),
        ("name: a\nversion: 2\nrules:", 4),
        ("name: a\nrules:\n  - id: x\n    description: d\n    owner: o\n    score: 1\n    when: |\n"
         "      amount > 1\n\n# the end\nversion: 2\n", 9),
    ],
)  # fmt: skip
def test_a_rule_is_added_behind_the_last_one_and_nothing_else_changes(text: str, line: int | None) -> None:
    before = read_ruleset(text)
    made, at = with_rule_added(before, ADDED)
    after = read_ruleset(made).document
    assert after["rules"] == [*(before.document["rules"] or []), ADDED]
    assert after["version"] == 2
    assert "id: new" in made.split("\n")[at - 1]
    assert line in (None, at)
    assert all(kept in made for kept in text.split("\n") if "#" in kept)


def test_rules_on_one_line_are_left_to_a_person() -> None:
    source = read_ruleset("name: a\nversion: 2\nrules: [{id: x, when: amount > 1, score: 1}]\n")
    with pytest.raises(RulesetError, match="by hand"):
        with_rule_added(source, ADDED)
