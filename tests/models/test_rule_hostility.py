"""2,000 hostile rules: every one is refused with a reason and a place, and nothing of it runs."""

import ast
import builtins
import random
import re
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from models.rules.language.expression import compile_expression
from models.rules.language.graph import Graph
from models.rules.language.syntax import ExpressionError

SCHEMA = {"x": "number", "amount": "number", "s": "text", "flag": "boolean", "count": "number"}

WHOLE = (
    "__import__('os').system('touch /tmp/hostile')",
    "(lambda: x)()",
    "(lambda f: f(f))(lambda f: f(f))",
    "[x for x in (1, 2)]",
    "[[[a for a in b] for b in c] for c in (1, 2)]",
    "{x for x in (1, 2)}",
    "{x: 1 for x in (1, 2)}",
    "(x for x in (1, 2))",
    "{x: 1}",
    "{x}",
    "x[0]",
    "s[0:1]",
    "x.__class__",
    "x.__class__.__mro__[1].__subclasses__()",
    "''.__class__",
    "s.upper()",
    "s.format(x)",
    "'{0.__class__}'.format(x)",
    "f'{x}'",
    "f'{__import__(\"os\")}'",
    'F"{x!r:>{amount}}"',
    "rf'{x}'",
    "b'a'",
    'B"a"',
    "r'a'",
    "u'a'",
    "br'a'",
    "x ** 2",
    "9**9**9**9",
    "x // 2",
    "x % 2",
    "'%s' % x",
    "x @ 2",
    "x << 2",
    "1 << 999999",
    "x >> 2",
    "x & 2",
    "x | 2",
    "x ^ 2",
    "~x",
    "+x",
    "(x := 1)",
    "x if flag else amount",
    "await x",
    "(yield x)",
    "(yield)",
    "*x",
    "*s, 1",
    "**x",
    "exec('1')",
    "eval('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd')",
    "print(x)",
    "getattr(x, 'real')",
    "globals()",
    "breakpoint()",
    "exit()",
    "list(s)",
    "list('a')",
    "list(*s)",
    "list(**s)",
    "list(name='a')",
    "list()",
    "type(x)",
    "x.real",
    "x.metadata",
    "metadata.__class__",
    "metadata._x",
    "metadata.x.y",
    "metadata[x]",
    "metadata[0]",
    "metadata[f'a']",
    "metadata[:]",
    "metadata['a', 'b']",
    "metadata[...]",
    "metadata.x()",
    "metadata()",
    "metadata",
    "_s",
    "_s | 'a'",
    "_",
    "__debug__",
    "__name__",
    "__builtins__",
    "None",
    "...",
    "Ellipsis",
    "NotImplemented",
    "1j",
    "1_000",
    "0x10",
    "0b1",
    "0o7",
    "007",
    "1e999",
    "1e99999999999999999",
    "99999999999999999999",
    "9" * 3_000,
    "0." + "0" * 3_000 + "1",
    "9007199254740993",
    "1.5.5",
    "1..real",
    "5EUR",
    "5 EURO",
    "5 XXX",
    "5 eur",
    "0.001 EUR",
    "0.5 JPY",
    "9e15 EUR",
    "5 EUR EUR",
    "(5) EUR",
    "x EUR",
    "EUR",
    "'a' 'b'",
    "'''a'''",
    '"""a"""',
    "'\\x41'",
    "'\\N{DIGIT ONE}'",
    "'\\u0041'",
    "'\\101'",
    "'\\\n'",
    "'" + "a" * 129 + "'",
    "'a",
    '"a',
    "'a\"",
    "(" * 40 + "x" + ")" * 40,
    "(" * 1_500,
    "[" * 1_500,
    "{" * 1_500,
    "((" + "x" + ")",
    "-" * 1_000 + "x",
    "not " * 900 + "flag",
    "x" + "+x" * 1_500,
    "x" + "-(x" * 35 + ")" * 35,
    "x" + " < x" * 1_100,
    "x" * 4_000,
    " " * 4_001,
    "",
    " ",
    "\t\n",
    "\0",
    "x\0",
    "x\x1a",
    "\ufeffx",
    "x\u200b",
    "x\u00a0",
    "x\u2028",
    "x\u202e",
    "x # comment",
    "x; import os",
    "x\\",
    "import os",
    "from os import system",
    "def f(): pass",
    "class A: pass",
    "x = 1",
    "x == 1; x",
    "del x",
    "assert x",
    "raise x",
    "return x",
    "pass",
    "global x",
    "for x in s",
    "while flag",
    "with x",
    "try",
    "async x",
    "x => 1",
    "x =< 1",
    "x <> 1",
    "x === 1",
    "!flag",
    "flag && flag",
    "flag || flag",
    "x ? 1 : 2",
    "$x",
    "@x",
    "`x`",
    "x->y",
    "x::y",
    "x..y",
    ".",
    ",",
    "x,",
    "(x,)",
    "()",
    "[]",
    "[x]",
    "x in [[1]]",
    "x in ((1,),)",
    "x in ()",
    "x in ()()",
    "x in (1, *s)",
    "x in (1, x)",
    "x in (1, flag)",
    "x in (1, 'a')",
    "x in (1 EUR,)",
    "x in 1",
    "x in x",
    "x in eu",
    "s in EU",
    "s in europe",
    "s in list",
    "s in list('')",
    "s in list('a', 'b')",
    "s in list('a' + 'b')",
    "s in list(list('a'))",
    "s in list('" + "a" * 200 + "')",
    "x in (" + "1," * 501 + ")",
    "1 in (1, 2)",
    "eu",
    "eu in eu",
    "s == eu",
    "x is 1",
    "x is not None",
    "x is None",
    "x is",
    "x is not",
    "x is x",
    "x is missing missing",
    "x is missing is known",
    "missing",
    "known",
    "missing is missing",
    "1 is missing",
    "'a' is known",
    "(x > 1) is known",
    "between",
    "x between",
    "x between 1",
    "x between 1 and",
    "x between 1 or 2",
    "x between 1, 2",
    "x between (1 and 2)",
    "x between 1 and 2 and",
    "between x and 2",
    "between(x, 1, 2)",
    "s between 'a' and 'b'",
    "x between 'a' and 2",
    "1 < x between 1 and 2",
    "x not not between 1 and 2",
    "starts_with",
    "s starts_with",
    "s starts_with s",
    "s starts_with 1",
    "s starts_with ''",
    "s starts_with ()",
    "s starts_with ('a', 1)",
    "s starts_with list('a')",
    "starts_with(s, 'a')",
    "x starts_with '1'",
    "'abc' starts_with 'a'",
    "s contains s",
    "s ends_with flag",
    "s < 'a'",
    "s > s",
    "flag < True",
    "flag + 1 == 2",
    "s + s == 'a'",
    "s * 3 == 'a'",
    "-s == 'a'",
    "x == 'a'",
    "x == flag",
    "s == 1",
    "x",
    "1",
    "'a'",
    "s",
    "x + 1",
    "5 EUR",
    "x > 5 EUR",
    "5 EUR > 3 EUR",
    "5 EUR > 3 USD",
    "amount > 5 EUR + 3",
    "amount + x > 5 EUR",
    "amount * amount > 5 EUR",
    "amount / amount > 5 EUR",
    "-(5 EUR) * 2 < amount",
    "metadata.a == metadata.b",
    "metadata.a > 5 EUR",
    "unknown > 1",
    "amuont > 1",
    "count(x) > 1",
    "True()",
    "'a'()",
    "1()",
    "(1)(2)",
    "s in list('a')('b')",
    "s in (list('a'))('b')",
    "s in tuple('a')",
    "s in set(('a',))",
    "s in sorted(('a',))",
    "s in {'a'}",
    "s in {'a': 1}",
    "s in [c for c in 'ab']",
    "s in 'abc'",
    "s not in not s",
    "and",
    "or flag",
    "flag and",
    "flag not flag",
    "not",
    "in",
    "x <",
    "< x",
    "x < < 1",
    "x 1",
    "1 x",
    "x y",
    ")",
    "x)",
    "x) or (flag",
    "flag) and (flag",
    "]",
    "a.b.c",
    "x.real.imag",
)
"""Each wrong as a whole rule."""

LOOKALIKES = "ｘ𝓍хₓⅹ𝐱ⓧ"
BROKEN_BY = (
    "{}", "({})", "not {}", "{} and flag", "flag or {}", "flag and ({})", "{} == 1", "x > {}", "{} in (1, 2)",
)  # fmt: skip
"""Where a wrong part is put; a part that would be right there is left out."""
SAFE_INSIDE = (
    "x",
    "1",
    "x + 1",
    "1 x",
    "5 EUR",
    "s",
    "'a'",
    "metadata",
    "x,",
    "(x,)",
    "[]",
    "()",
    "eu",
    "0.001 EUR",
)


def _lookalikes() -> Iterator[str]:
    for letter in LOOKALIKES:
        yield from (f"{letter} > 1", f"x > {letter}", f"co{letter}nt > 1", f"metadata.{letter} is known")
    for digit in "１２٣४௫":
        yield from (f"x > {digit}", f"x{digit} > 1", f"amount > {digit} EUR")
    for sign in "＞＝！（），．＋－＊／“”‘’«»–−×÷≤≥≠∈∧∨¬":
        yield from (f"x {sign} 1", f"s == {sign}a{sign}", f"flag {sign} flag")


def _mutated() -> Iterator[str]:
    """A right rule with one wrong word put in at random."""
    pick = random.Random(5)
    right = ("x", ">", "1", "and", "s", "in", "list('a')", "or", "not", "flag", "and", "amount", ">", "5 EUR")
    wrong = (
        "lambda: 0", "{}", ":=", "__class__", "f''", "b''", "@", "**", "//", "%", "~", "^", "&", "|", "`",
        "$", "?", "!", ";", "#", "\\", "yield", "await", "import os", "0x1", "1j", "\u200b", "é", "x.y",
        "x[0]", "eval('1')", "is None", "None", "...", "=", "=>", "'''", "_s", "_", "1_0", "del x",
    )  # fmt: skip
    while True:
        words = list(right)
        for _ in range(pick.choice((1, 1, 2, 3))):
            words.insert(pick.randrange(len(words) + 1), pick.choice(wrong))
        yield " ".join(words)


def hostile() -> list[str]:
    """2,000 distinct texts."""
    texts = dict.fromkeys((*WHOLE, *_lookalikes()))
    for part in WHOLE:
        if part.strip() and part not in SAFE_INSIDE and "'" not in part[:1]:
            texts |= dict.fromkeys(form.format(part) for form in BROKEN_BY[1:] if _wrong_inside(part))
    texts |= dict.fromkeys(islice(_mutated(), 3_000))
    return list(texts)[:2_000]


def _wrong_inside(part: str) -> bool:
    """Words that are wrong wherever they stand: what is out of the language."""
    return any(
        sign in part
        for sign in (
            "lambda",
            "__",
            "**",
            "{",
            ":",
            "@",
            "%",
            "~",
            "//",
            "<<",
            ">>",
            "^",
            "&",
            "f'",
            "b'",
            "`",
            "$",
        )
    ) or part.partition("(")[0] in ("exec", "eval", "open", "print", "getattr", "globals", "type", "compile")


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything that would be run, opened or imported from a rule ends up here."""
    caught: list[str] = []

    def watch(name: str) -> Any:
        return lambda *given, **named: caught.append(f"{name}{given}{named}")

    for name in ("eval", "exec", "open", "print", "breakpoint", "exit"):
        monkeypatch.setattr(builtins, name, watch(name))
    return caught


def test_2_000_hostile_rules_are_refused_with_reason_and_place_and_none_runs(watched: list[str]) -> None:
    texts = hostile()
    assert len(set(texts)) == 2_000
    refusals = {text: refusal(text) for text in texts}
    assert [text for text, refused in refusals.items() if refused is None] == []
    places = [(text, refused.column) for text, refused in refusals.items() if refused and str(refused)]
    assert len(places) == 2_000
    assert [text for text, column in places if not 1 <= column <= len(text) + 1] == []
    assert watched == []


def refusal(text: str) -> ExpressionError | None:
    try:
        compile_expression(text, SCHEMA, Graph())
    except ExpressionError as refused:
        return refused
    return None


def test_a_right_rule_is_taken_so_that_refusals_mean_something() -> None:
    for text in ("x > 1", "flag", "not flag and amount > 5 EUR", "s in eu", "metadata.a == 1"):
        compile_expression(text, SCHEMA, Graph())


def test_python_sees_no_rule_with_words_out_of_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    parse = ast.parse

    def watched_parse(text: str, *given: Any, **named: Any) -> Any:
        seen.append(text)
        return parse(text, *given, **named)

    texts = hostile()
    with monkeypatch.context() as patched:
        patched.setattr(ast, "parse", watched_parse)
        for text in texts:
            refusal(text)
    outside = [re.sub(r"'[^']*'|\"[^\"]*\"", "''", text) for text in seen]
    foreign = ("lambda", "__", "{", ":=", "yield", "await", "import", "**", "//", "@", "`", "f'", "b'")
    assert len(seen) > 100
    assert [text for text in outside if any(word in text for word in foreign)] == []


def test_limits_hold_before_the_parser_is_asked() -> None:
    limit = sys.getrecursionlimit()
    for text in ("(" * 4_000, "-" * 4_000, "x" + "+x" * 1_999, "not " * 999 + "flag"):
        with pytest.raises(ExpressionError):
            compile_expression(text, SCHEMA, Graph())
    assert sys.getrecursionlimit() == limit
