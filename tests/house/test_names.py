"""One name, one meaning: classes and parameters are called what they are."""

import ast
import re
from collections import defaultdict
from typing import Final

from tests.checks.house_figures import classes
from tests.house import debts
from tests.house.sources import product

PARTICIPLE: Final = re.compile(
    r"[A-Z][a-z]+ed|Asking|Drawn|Felt|Found|Given|Heard|Held|Here|Kept|Known|Life|Made|Read|Said|Seen|Sent|"
    r"Shown|Taken|Told|Wanted|Written"
)
"""Bare participles, and other words that are no noun for what they stand for. A class is a noun."""

VAGUE: Final = frozenset(("said", "told", "found", "of", "one", "at"))
"""Parameter names that do not say what they hold. Where one does, `# named: why` stands in its line."""


def test_a_public_class_name_is_used_once() -> None:
    trees = {name: module.tree for name, module in product().items()}
    several = {name: places for name, places in classes(trees).items() if len(places) > 1}
    new = {name: places for name, places in several.items() if name not in debts.CLASS_NAMES}
    assert not new, "a public class of this name exists elsewhere: find the word that tells the two apart"


def test_a_class_is_a_noun() -> None:
    trees = {name: module.tree for name, module in product().items()}
    bare = {name: places for name, places in classes(trees).items() if PARTICIPLE.fullmatch(name)}
    new = {name: places for name, places in bare.items() if name not in debts.PARTICIPLES}
    assert not new, "call it by the noun for what it holds"


def test_a_parameter_says_what_it_holds() -> None:
    vague = defaultdict(list)
    for module in product().values():
        lines = module.text.splitlines()
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if parameter.arg in VAGUE and "# named:" not in lines[parameter.lineno - 1]:
                    vague[module.package].append(f"{module.place(parameter)} {parameter.arg}")
    new = {name: places for name, places in vague.items() if len(places) > debts.PARAMETERS.get(name, 0)}
    assert not new, "a position is an index, row or offset, a time is time_ms or as_of_ms"
