"""How deep a rule may nest: a bound of ours, in the same words whoever asks."""

from collections.abc import Callable

import pytest

from models.rules.language.expression import compile_expression
from models.rules.language.graph import Graph
from models.rules.language.syntax import ExpressionError

DEEP = {
    "not": "not " * 990 + "amount > 1",
    "minus": "amount > " + "-" * 3_900 + "1",
    "minus, spaced": "amount > " + "- " * 1_900 + "1",
    "plus": "amount > " + "1+" * 1_900 + "1",
    "times in brackets": "amount > " + ("(" + "1*" * 60) * 32 + "1" + ")" * 32,
    "brackets": "(" * 1_900 + "amount > 1" + ")" * 1_900,
    "minus in brackets": "amount > " + ("(" + "-" * 120) * 32 + "1" + ")" * 32,
    "list": "list" + '("a")' * 700,
    "keys": 'metadata["a"]' + '["a"]' * 700 + " is known",
    "dots": "metadata" + ".metadata" * 440,
}


def refusal(text: str) -> tuple[str, int]:
    with pytest.raises(ExpressionError) as raised:
        compile_expression(text, {"amount": "number"}, Graph())
    return str(raised.value), raised.value.column


def deeper(calls: int, ask: Callable[[str], tuple[str, int]], text: str) -> tuple[str, int]:
    return ask(text) if calls == 0 else deeper(calls - 1, ask, text)


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_a_rule_is_refused_in_the_same_words_whoever_asks(text: str) -> None:
    found = refusal(text)
    assert "RecursionError" not in found[0]
    assert deeper(550, refusal, text) == found


@pytest.mark.parametrize(
    "text",
    [
        "not " * 28 + "amount > 1",
        "amount > " + "+".join("1" for _ in range(28)),
        " and ".join(["amount + 1 > 2 * amount - 1"] * 120),
        "1 < " * 900 + "amount",
        "amount > " + "(" * 28 + "1 + 1" + ")" * 28,
    ],
)
def test_rules_that_are_long_and_flat_stay_rules(text: str) -> None:
    assert compile_expression(text, {"amount": "number"}, Graph()).columns == {"amount"}
