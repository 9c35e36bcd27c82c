"""What a rule author does wrong is told in words that say which line, and what to do."""

import pytest

from models.rules import PAYMENT_COLUMNS, RulesetSourceError, check_ruleset

TEXT = """\
name: shop
version: 2
rules:
  - id: big
    description: Large amounts
    owner: fraud
    when: amount > 100 EUR
    score: 40
  - id: abroad
    description: Card from elsewhere
    owner: fraud
    when: issuer_country != ip_country
    action: block
"""
RULES = TEXT.partition("rules:\n")[2]
NEW = """\
  - id: new
    description: New
    owner: fraud
    when: amount > 5 EUR
    action: review
"""


def told(text: str) -> tuple[int, int, str]:
    with pytest.raises(RulesetSourceError) as refused:
        check_ruleset(text, PAYMENT_COLUMNS)
    problem = refused.value.problems[0]
    return problem.line, problem.column, problem.message


def test_a_rule_added_behind_the_version_is_told_where_it_belongs() -> None:
    line, _, message = told(f"name: shop\nrules:\n{RULES}version: 2\n{NEW}")
    assert line == 14
    assert "this rule is outside of `rules`, which ended at line 13 (`version`)" in message
    assert "move line 13 above line 2 (`rules:`)" in message


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (TEXT + NEW.replace("  - ", "- ").replace("    ", "  "), (14, 1), "2 to the right"),
        (TEXT + NEW.replace("  - ", "   - ").replace("    d", "     d"), (14, 4), "1 to the left"),
        (TEXT.replace("    owner: fraud\n    when: i", "   owner: fraud\n    when: i"), (11, 4), "column 5"),
        (
            TEXT.replace("    owner: fraud\n    when: i", "     owner: fraud\n    when: i"),
            (11, 6),
            "column 5",
        ),
        (TEXT.replace("    score", "\tscore"), (8, 1), "a tab"),
        (TEXT.replace("score: 40", "score:40"), (8, 10), "write 'score: 40'"),
        (TEXT.replace("- id: abroad", "-id: abroad"), (9, 3), "write '- id: abroad'"),
        (TEXT.replace("Large amounts", "Large: amounts"), (5, 23), "put the text in quotes"),
        (TEXT.replace("amount > 100 EUR", '"amount > 100 EUR'), (7, 11), "never closed"),
        (TEXT.replace("amount > 100 EUR", '"card" == method'), (7, 18), "put the whole in quotes"),
        (TEXT.replace("amount > 100 EUR", "%x"), (7, 11), "in quotes"),
        (f"{TEXT}ask somebody\n", (14, 1), "belongs to no field"),
        (TEXT.replace("rules:\n", ""), (3, 1), "put a line 'rules:'"),
        (TEXT.replace("id: abroad", "id: big"), (9, 9), "give one of them another id"),
        (TEXT.replace("action: block", "action: decline"), (13, 13), "did you mean 'block'"),
        (TEXT.replace("    action: block\n", ""), (9, 5), "add one of them"),
        (TEXT.replace("action: block", "action: block\n    score: 1"), (9, 5), "take out all but one"),
        (TEXT.replace("action: block", "action: block\n    sample: 10%"), (14, 13), "0.1 for 10 %"),
        (TEXT.replace("action: block", "action: block\n    mode: paused"), (14, 11), "off (paused)"),
        (TEXT.replace("    when: amount > 100 EUR\n", ""), (4, 5), "add `when: amount > 500 EUR`"),
        (TEXT.replace("id: big", "id: Big One"), (4, 9), "small letters, digits and _"),
        (TEXT.replace("100 EUR", "1,000 EUR"), (7, 22), "no comma between thousands"),
        (TEXT.replace("amount > 100", "amonut > 100"), (7, 11), "did you mean 'amount'"),
        (TEXT.replace("action: block", "action: block\n    action: allow"), (14, 5), "take one of them out"),
    ],
)
def test_a_common_mistake_is_told_with_its_place_and_what_to_do(
    text: str, place: tuple[int, int], said: str
) -> None:
    line, column, message = told(text)
    assert (line, column) == place
    assert said in message
