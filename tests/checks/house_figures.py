"""Figures of the house, of any checkout: `python -m tests.checks.house_figures [FOLDER]`.

Two versions can be compared with one tool. Read from the sources, nothing is run:

- files and lines of product code (blank lines and comments count, tests do not), by package;
- statement lines: those lines less blank ones, comments, docstrings, imports and `__all__`;
- loose files: modules that lie directly in a package that has rooms or more than 15 modules;
- class names: public classes of one name in several modules;
- Kafka clients: places that make a consumer, producer or admin client;
- files written whole: places that rename a finished file into place, or call it `write_atomically`;
- import circles: groups of modules that import each other when they are loaded.
"""

import ast
import collections
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PACKAGES: Final = (
    "models", "features", "simulation", "streams", "training", "learning", "desk", "dashboards", "storage",
    "tollgate",
)  # fmt: skip
ROOM_MAX: Final = 15
CLIENT: Final = re.compile(r"(?<![\w.])(?:Consumer|Producer|AdminClient|DeserializingConsumer)\(")
RENAMED: Final = re.compile(r"os\.replace\(|\.rename\(|\.replace\((?:path|target|file|self\.\w*path)\)")


def modules(root: Path) -> dict[str, Path]:
    """Module name to file, of all product packages that are there."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def figures(root: Path) -> dict[str, object]:
    """All figures of one checkout."""
    paths = modules(root)
    trees = {name: ast.parse(path.read_text()) for name, path in paths.items()}
    texts = {name: path.read_text() for name, path in paths.items()}
    rooms = collections.Counter(
        name.rpartition(".")[0] for name, path in paths.items() if path.name != "__init__.py"
    )
    lines = collections.Counter[str]()
    for name, text in texts.items():
        lines[name.partition(".")[0]] += text.count("\n")
    several = {name: places for name, places in classes(trees).items() if len(places) > 1}
    return {
        "files": sum(1 for path in paths.values() if path.name != "__init__.py"),
        "lines": sum(lines.values()),
        "lines_by_package": dict(sorted(lines.items())),
        "statement_lines": sum(statement_lines(tree) for tree in trees.values()),
        "rooms": len(rooms),
        "files_a_room_max": max(rooms.values()),
        "rooms_over_15_files": {room: count for room, count in sorted(rooms.items()) if count > ROOM_MAX},
        "loose_files": {
            package: rooms[package]
            for package in PACKAGES
            if rooms[package] > ROOM_MAX or (rooms[package] and _has_rooms(package, rooms))
        },
        "class_names_with_several_meanings": dict(sorted(several.items())),
        "kafka_clients_made_in": sum(len(CLIENT.findall(text)) for text in texts.values()),
        "modules_that_make_kafka_clients": _matching(CLIENT, texts),
        "modules_that_write_a_file_whole": _matching(RENAMED, texts),
        "import_circles": circles(trees, set(paths)),
    }  # fmt: skip


def _has_rooms(package: str, rooms: collections.Counter[str]) -> bool:
    return any(room.startswith(f"{package}.") for room in rooms)


def _matching(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    return sorted(name for name, text in texts.items() if pattern.search(text))


def statement_lines(tree: ast.Module) -> int:
    """Lines that a statement stands on; docstrings, imports and `__all__` are no statements here."""
    left_out: set[int] = set()
    lines: set[int] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or node.end_lineno is None:
            continue
        whole = range(node.lineno, node.end_lineno + 1)
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_text(node) or _is_all(node):
            left_out.update(whole)
        elif not hasattr(node, "body"):
            lines.update(whole)
        else:
            first = min(child.lineno for child in node.body) if node.body else node.end_lineno
            lines.update(range(node.lineno, max(first, node.lineno + 1)))
    return len(lines - left_out)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
    )


def classes(trees: dict[str, ast.Module]) -> dict[str, list[str]]:
    """Public classes by name, with the modules that define one."""
    places: dict[str, list[str]] = collections.defaultdict(list)
    for module, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module)
    return places


def circles(trees: dict[str, ast.Module], names: set[str]) -> list[list[str]]:
    """Groups of modules that import each other at load time, rooms' own `__init__` left out."""
    graph = {name: set(_imports(tree, names)) - {name} for name, tree in trees.items()}
    return sorted(sorted(group) for group in _strongly_connected(graph) if len(group) > 1)


def _imports(tree: ast.Module, names: set[str]) -> Iterator[str]:
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full in names or node.module in names:
                    yield full if full in names else node.module
        elif isinstance(node, ast.If | ast.Try) and "TYPE_CHECKING" not in ast.dump(node):
            waiting += node.body


def _strongly_connected(graph: dict[str, set[str]]) -> list[set[str]]:
    order: list[str] = []
    seen: set[str] = set()
    for start in graph:
        _visit(start, graph, seen, order)
    backwards: dict[str, set[str]] = collections.defaultdict(set)
    for name, targets in graph.items():
        for target in targets:
            backwards[target].add(name)
    seen = set()
    groups = []
    for start in reversed(order):
        group: list[str] = []
        _visit(start, backwards, seen, group)
        if group:
            groups.append(set(group))
    return groups


def _visit(start: str, graph: dict[str, set[str]], seen: set[str], order: list[str]) -> None:
    """Depth first from `start`; names are appended to `order` as they are left."""
    if start in seen:
        return
    seen.add(start)
    stack = [(start, iter(sorted(graph.get(start, ()))))]
    while stack:
        name, targets = stack[-1]
        target = next((target for target in targets if target not in seen), None)
        if target is None:
            stack.pop()
            order.append(name)
        else:
            seen.add(target)
            stack.append((target, iter(sorted(graph.get(target, ())))))


if __name__ == "__main__":
    print(json.dumps(figures(Path(sys.argv[1] if len(sys.argv) > 1 else ".")), indent=1))
