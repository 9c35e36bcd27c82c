"""Who PostgreSQL runs as. It refuses to be root: where we are root, it gets a system user of its own.

That user may pass through folders that are closed to it and read what is in them (CAP_DAC_READ_SEARCH), since
the home and the Python packages may both lie in `/root`: opening those to everybody would be worse. It may
write only what is its own, and gets no other right of root's. What people ask of the database cannot use
that right: their role is no superuser, and PostgreSQL lets superusers alone read files.
"""

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from streams.errors import Misconfigured

SYSTEM_USER: Final = "tollgate-postgres"
READ_SEARCH: Final = "dac_read_search"
READ_SEARCH_BIT: Final = 2  # linux/capability.h
TIMEOUT_S: Final = 30.0


def run_as() -> tuple[str, ...]:
    """What stands before PostgreSQL's commands; nothing where we are not root.

    Raises Misconfigured where there is no such user and none can be made.
    """
    if os.geteuid() != 0:
        return ()
    _ensure_user()
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Misconfigured(_advice("the program `setpriv` (of util-linux) is missing"))
    user = f"--reuid={SYSTEM_USER}", f"--regid={SYSTEM_USER}", "--clear-groups", "--no-new-privs"
    rights = f"-all,+{READ_SEARCH}" if _we_may_read_all() else "-all"
    return (setpriv, *user, f"--inh-caps={rights}", f"--ambient-caps={rights}", f"--bounding-set={rights}")


def give(folder: Path) -> None:
    """Makes a folder PostgreSQL's own, where it runs as another user than we do."""
    if os.geteuid() == 0:
        owner = pwd.getpwnam(SYSTEM_USER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def _ensure_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _make_user()


def _make_user() -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except FileNotFoundError:
        raise Misconfigured(_advice("the program `useradd` is missing")) from None
    if done.returncode != 0 and not _exists():  # another supervisor may have made it meanwhile
        raise Misconfigured(_advice(done.stderr.strip() or f"`useradd` ended with {done.returncode}"))


def _exists() -> bool:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return False
    return True


def _advice(cause: str) -> str:
    return (
        f"PostgreSQL does not run as root and needs the system user {SYSTEM_USER}: {cause}. Make it, or run "
        "Tollgate as another user than root, or set DATABASE_URL to a PostgreSQL of your own"
    )


def _we_may_read_all() -> bool:
    """Containers often take this right from root: folders on the way must be open to others then."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return found is not None and bool(int(found[1], 16) >> READ_SEARCH_BIT & 1)
