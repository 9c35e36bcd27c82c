"""One name, one meaning: classes and parameters are called what they are."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from tests.checks.house_figures import classes
from tests.house.sources import ROOT, Module, product
from tests.support.file_order import NAMED

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
    assert not several, "a public class of this name exists elsewhere: find the word that tells the two apart"


def test_a_class_is_a_noun() -> None:
    """Errors are not asked: theirs say what happened."""
    bare = [
        f"{module.place(node)} {node.name}"
        for module in product().values()
        for node in module.tree.body
        if isinstance(node, ast.ClassDef) and PARTICIPLE.fullmatch(node.name) and not _is_error(node)
    ]
    assert not bare, "call it by the noun for what it holds"


def _is_error(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)


def test_a_parameter_says_what_it_holds() -> None:
    vague = [place for module in product().values() for place in _vague_parameters(module)]
    assert not vague, "a position is an index, row or offset, a time is time_ms or as_of_ms"


def _vague_parameters(module: Module) -> Iterator[str]:
    lines = module.text.splitlines()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for parameter in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if parameter.arg in VAGUE and "# named:" not in lines[parameter.lineno - 1]:
                    yield f"{module.place(parameter)} {parameter.arg}"


def test_files_named_in_the_order_of_tests_exist() -> None:
    assert len(set(NAMED)) == len(NAMED)
    assert not [name for name in NAMED if not (ROOT / name).exists()]
