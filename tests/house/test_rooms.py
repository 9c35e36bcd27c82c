"""Rooms: what a folder is for is written on its door, and others come in by the door."""

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

from tests.checks.house_figures import circles
from tests.house.sources import Module, imports, packages, product, public_names, rooms

FILES_MIN, FILES_MAX = 3, 15
SIZES: Final[dict[str, str]] = {
    "desk.reviews": "one table and its invariants; each way in or out of the queue is a file of its own",
    "dashboards.console.pages": "one room a page",
    "dashboards.console.pages.audit": "a page without computation: its routes and templates",
}
"""Rooms of another size, and why."""


@pytest.mark.parametrize("name", sorted(rooms()))
def test_a_room_says_what_it_is_for(name: str) -> None:
    assert len(rooms()[name].docstring) > 20, f"{name}/__init__.py: what the room is for, its invariants"


def test_a_room_holds_3_to_15_files() -> None:
    """Its door counted; a room inside counts as one file. A package may be nothing but rooms."""
    inside = Counter(name.rpartition(".")[0] for name in product() if name not in _second_level())
    wrong = {
        name: inside[name] + 1
        for name in rooms()
        if inside[name] + 1 > FILES_MAX or (inside[name] + 1 < FILES_MIN and name not in packages())
    }
    assert wrong.keys() <= SIZES.keys(), wrong


def _second_level() -> set[str]:
    return {name for name in rooms() if name.count(".") == 1}


def test_every_room_of_another_size_is_there() -> None:
    assert SIZES.keys() <= rooms().keys()


def test_others_enter_a_room_by_its_door() -> None:
    """What comes from another room is in that room's `__all__`; inside a room one imports the module."""
    wrong = [
        f"{module.place(node)} {problem}"
        for module in product().values()
        for node in imports(module)
        for problem in _problems(module, node)
    ]
    assert not wrong


def _problems(module: Module, node: ast.ImportFrom) -> Iterator[str]:
    source = node.module or ""
    for alias in node.names:
        target = product().get(f"{source}.{alias.name}") or product()[source]
        if target.room == module.room:
            if source == module.room and target.name == source and not module.is_room:
                yield f"inside a room import the module that defines {alias.name}"
        elif source in rooms():
            if not target.is_loose and alias.name not in (public_names(rooms()[source]) or ()):
                yield f"{alias.name} is not in {source}.__all__"
        elif not target.is_loose:
            yield f"import {alias.name} from {target.room}"


def test_doors_list_what_they_hand_out() -> None:
    """Names of `__all__` are bound in `__init__.py`, each listed once."""
    for name, room in rooms().items():
        names = public_names(room) or []
        assert len(names) == len(set(names)), name
        assert set(names) <= _bound(room), name


def _bound(room: Module) -> set[str]:
    bound: set[str] = set()
    lazy = [inner for node in room.tree.body if isinstance(node, ast.If) for inner in node.body]
    for node in [*room.tree.body, *lazy]:
        if isinstance(node, ast.ImportFrom):
            bound |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            bound |= {target.id for target in targets if isinstance(target, ast.Name)}
    return bound


def test_private_names_stay_in_their_module() -> None:
    wrong = [
        f"{module.place(node)} {alias.name}"
        for module in product().values()
        for node in imports(module)
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert not wrong


def test_no_modules_import_each_other() -> None:
    found = circles({name: module.tree for name, module in product().items()}, set(product()))
    assert not found
