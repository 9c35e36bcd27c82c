"""What the embedded ClickHouse allows at all, whoever asks: files, networks and other servers are closed.

Invariant: the engine reads this configuration and no other. Without one it would take a `config.xml` of the
working directory, which anybody may have put there.

chdb has one user, so its grants are those of the writer; readers get a connection with `readonly=1` on top.
The grants cover one database of engine Atomic. The database `default` of chdb also shows files as tables and
would need the right to read them.
"""

from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from storage import write_atomically
from streams.errors import Misconfigured

DATABASE: Final = "tollgate"
TABLE_RIGHTS: Final = (
    "SHOW", "SELECT", "INSERT", "ALTER TABLE", "ALTER VIEW", "CREATE DATABASE", "CREATE TABLE", "CREATE VIEW",
    "DROP TABLE", "DROP VIEW", "TRUNCATE", "OPTIMIZE", "CHECK",
)  # fmt: skip
SYSTEM_TABLES: Final = (
    "columns", "data_type_families", "databases", "data_skipping_indices", "formats", "functions", "merges",
    "mutations", "numbers", "numbers_mt", "one", "parts", "settings", "table_engines", "table_functions",
    "tables", "time_zones", "zeros", "zeros_mt",
)  # fmt: skip
"""What clients look up about tables, types and settings; nothing of it shows statements of others."""
RESERVED: Final = frozenset("?&#%")
"""Characters that would end the path in chdb's connection string."""


def write_config(path: Path, databases: tuple[str, ...] = (DATABASE,)) -> Path:
    """Writes the configuration for the data directory `path` next to it; the file to start the engine with.

    Raises Misconfigured for a path that cannot be given to the engine.
    """
    if wrong := RESERVED & set(str(path)):
        raise Misconfigured(
            f"the warehouse's folder {path} has {' '.join(sorted(wrong))} in its name, which chdb cannot"
            " open: choose another TOLLGATE_HOME"
        )
    return _write(path, "config", _grants(databases))


def write_open_config(path: Path) -> Path:
    """The same without any limit, for what an earlier version left: it is read by us alone, once."""
    return _write(path, "open", "")


def _write(path: Path, name: str, grants: str) -> Path:
    folder = path.parent / f"{path.name}.config"
    users = folder / f"{name}-users.xml"
    write_atomically(users, USERS.format(grants=grants))
    write_atomically(folder / f"{name}.xml", CONFIG.format(users=escape(str(users))))
    return folder / f"{name}.xml"


def _grants(databases: tuple[str, ...]) -> str:
    statements = [f"GRANT {', '.join(TABLE_RIGHTS)} ON `{name}`.*" for name in databases]
    statements += [f"GRANT DROP DATABASE ON `{name}`.*" for name in databases if name != DATABASE]
    statements.append("GRANT TABLE ENGINE ON MergeTree")
    statements += [f"GRANT SELECT ON system.{name}" for name in SYSTEM_TABLES]
    statements += [f"GRANT SELECT ON {name}.*" for name in ("INFORMATION_SCHEMA", "information_schema")]
    queries = "\n".join(f"        <query>{escape(statement)}</query>" for statement in statements)
    return f"      <grants>\n{queries}\n      </grants>"


CONFIG: Final = """<clickhouse>
  <user_directories><users_xml><path>{users}</path></users_xml></user_directories>
  <access_control_improvements>
    <select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>
    <select_from_information_schema_requires_grant>true</select_from_information_schema_requires_grant>
    <table_engines_require_grant>true</table_engines_require_grant>
  </access_control_improvements>
</clickhouse>
"""
USERS: Final = """<clickhouse>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
{grants}
    </default>
  </users>
</clickhouse>
"""
