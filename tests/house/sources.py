"""The product's modules as syntax trees, and the rooms they are in."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.checks.house_figures import modules

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """One module of product code."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def is_room(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def room(self) -> str:
        """The second level it is in: `models.money`; a package where it is loose in one: `streams`."""
        parts = self.name.split(".")
        return ".".join(parts[:2] if len(parts) > 2 or self.is_room else parts[:1])

    @property
    def is_loose(self) -> bool:
        """Whether it is a module that lies in no room."""
        return self.room == self.package and not self.is_room

    @property
    def docstring(self) -> str:
        return ast.get_docstring(self.tree) or ""

    def place(self, node: ast.stmt | ast.expr | ast.arg) -> str:
        """`file:line`, for a message one can click on."""
        return f"{self.path.relative_to(ROOT)}:{node.lineno}"


@cache
def product() -> dict[str, Module]:
    """Every module of product code by name."""
    read = {}
    for name, path in modules(ROOT).items():
        text = path.read_text(encoding="utf-8")
        read[name] = Module(name, path, text, ast.parse(text))
    return read


@cache
def rooms() -> dict[str, Module]:
    """The folders of product code that hold modules, by name."""
    return {name: module for name, module in product().items() if module.is_room}


def public_names(room: Module) -> list[str] | None:
    """What `__all__` of a room lists; None where it has none."""
    for node in room.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return list(ast.literal_eval(node.value))  # type: ignore[attr-defined]
    return None


def imports(module: Module) -> Iterator[ast.ImportFrom]:
    """Every `from ... import` of the product in a module, also those inside functions."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in packages():
            yield node


@cache
def packages() -> frozenset[str]:
    """The top-level packages."""
    return frozenset(name.partition(".")[0] for name in product())
