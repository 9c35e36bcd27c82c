"""Rulesets as people write them: what is read, and where mistakes are said to be."""

import json

import pytest

from models.rules.payment_columns import PAYMENT_COLUMNS
from models.rules.source.edit import ruleset_text
from models.rules.source.yaml_source import (
    BYTES_MAX,
    RulesetSourceError,
    check_ruleset,
    read_ruleset,
)

RIGHT = """\
name: shop
version: 2
rules:
  - id: folded
    description: d
    owner: no
    when: >-
      amount > 10 and
      ip_country == "DE"
    score: 10
    from: 2026-11-01
    mode: off
  - id: quoted
    description: d
    owner: x
    when: "ip_country == \\"x\\" or amount > 3"
    score: 1
  - {id: flowing, description: d, owner: x, when: amount > 1 and
       attempt > 2, score: 3}
  - id: literal
    description: d
    owner: x
    when: |
      amount > 5 EUR

      or (amount >
         customer_age_days)
    action: block
"""


def problems(text: str) -> list[str]:
    with pytest.raises(RulesetSourceError) as refused:
        check_ruleset(text, PAYMENT_COLUMNS, "r.yaml")
    assert str(refused.value) == "\n".join(map(str, refused.value.problems))
    return [str(problem) for problem in refused.value.problems]


def test_words_that_yaml_1_1_would_bend_are_what_they_say() -> None:
    rule = check_ruleset(RIGHT, PAYMENT_COLUMNS).rules[0]
    assert (rule.owner, rule.runs, rule.starts) == ("no", "off", "2026-11-01")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (
            'ip_country == "DE"',
            'ip_contry == "DE"',
            "r.yaml:9:7: rule 'folded': unknown name 'ip_contry', did",
        ),
        ("amount > 10 and", "amuont > 10 and", "r.yaml:8:7: rule 'folded': unknown name 'amuont'"),
        ("or amount > 3", "or amout > 3", "r.yaml:16:35: rule 'quoted': unknown name 'amout'"),
        ("attempt > 2", "zebra > 2", "r.yaml:19:8: rule 'flowing': unknown name 'zebra'"),
        (
            "customer_age_days",
            "card",
            "r.yaml:27:10: rule 'literal': a number cannot be compared with a text",
        ),
        ("5 EUR", "5 EURO", "r.yaml:24:18: rule 'literal': 'EURO' is not an ISO 4217 currency"),
        (
            "score: 3}",
            "scor: 3}",
            "r.yaml:19:27: ruleset: rule 'flowing': Object contains unknown",
        ),
        ("score: 10", "score: 1000", "r.yaml:10:12: ruleset: rule 'folded': Expected `int` <= 100"),
        ("2026-11-01", "2026-13-01", "r.yaml:11:11: rule 'folded': `from` '2026-13-01' is not a time"),
        (
            "action: block",
            "group: toys\n    action: block",
            "r.yaml:28:12: rule 'literal': there is no",
        ),
        ("id: quoted", "id: folded", "r.yaml:13:9: rule 'folded': is there twice"),
        ("version: 2", "version: 2\nversion: 2", "r.yaml:3:1: the key 'version' is there twice"),
        ("version: 2", "version: 9", "r.yaml:2:10: ruleset 'shop': version 9 is not known"),
        ("name: shop", "name: &a shop", "r.yaml:1:7: anchors and aliases are not read"),
        ("name: shop", "name: *a", "r.yaml:1:7: anchors and aliases are not read"),
        ("name: shop", "name: !!python/name:os.system x", "r.yaml:1:7: the tag"),
        ("rules:", "rules: [", "r.yaml:4:"),
        ("name: shop", "\tname: shop", "r.yaml:1:1: "),
    ],
)
def test_a_mistake_is_said_to_be_where_it_is(old: str, new: str, place: str) -> None:
    assert old in RIGHT
    assert problems(RIGHT.replace(old, new, 1))[0].startswith(place)


def test_all_wrong_rules_are_told_at_once_in_the_order_of_the_file() -> None:
    text = RIGHT.replace("ip_country", "ip_contry").replace("amount > 5 EUR", "amount > 5 EURO")
    assert [line.split(":")[1] for line in problems(text)] == ["9", "16", "24"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- 1",
        "text",
        "a: 1\n---\nb: 2",
        "? [a]\n: b",
        "a: " + "[" * 200 + "]" * 200,
        "a: " + "{b: " * 2_000,
        "a: \x07",
        "a: '" + "x" * BYTES_MAX + "'",
        "name: x\nrules: []\n<<: {version: 3}",
    ],
)
def test_what_is_not_a_ruleset_is_refused(text: str) -> None:
    with pytest.raises(RulesetSourceError):
        check_ruleset(text, PAYMENT_COLUMNS)


def test_a_document_reads_back_from_the_text_it_is_shown_as() -> None:
    document = read_ruleset(RIGHT).document
    assert read_ruleset(ruleset_text(document)).document == document


def test_a_document_of_the_log_is_shown_in_the_order_people_write_with_its_rules_last() -> None:
    document = read_ruleset(RIGHT).document
    sorted_by_name = json.loads(json.dumps(document, sort_keys=True))
    text = ruleset_text(sorted_by_name)
    keys = [line.partition(":")[0] for line in text.splitlines() if not line.startswith(" ")]
    assert keys == [key for key in ("name", "version", "description", "groups", "rules") if key in document]
    assert [line for line in text.splitlines() if line.startswith("  - ")] == [
        f"  - id: {rule['id']}" for rule in document["rules"]
    ]
    one_more = text + "  - {id: one_more, description: d, owner: o, when: amount > 1, score: 1}\n"
    assert read_ruleset(one_more).document["rules"][-1]["id"] == "one_more"
    assert read_ruleset(text).document == document
