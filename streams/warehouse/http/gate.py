"""Who is let in: this machine's own clients that know a password, and no page of a browser.

Invariant: a request is checked when its header is complete, before a byte of its body is kept. Passwords are
compared in constant time, user name and password as one value, against every user there is.

A page of another site could reach a server on this machine through the browser. It is kept out three times:
its `Host` (a name it controls, in DNS rebinding), its `Origin` or `Sec-Fetch-Site`, and the password.
"""

import hashlib
import hmac
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Final

from werkzeug.datastructures import Authorization

from streams.kafka import ThinnedLog
from streams.warehouse.credentials import WarehouseUser
from streams.warehouse.http.refusal import (
    ACCESS_DENIED,
    REQUIRED_PASSWORD,
    WRONG_PASSWORD,
    RequestRefusedError,
)

log = logging.getLogger(__name__)

OPEN_PATHS: Final = frozenset({"/ping", "/replicas_status"})
"""Answered without a password: whether somebody is there."""
HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
SAME_SITE: Final = frozenset({"", "none", "same-origin"})
Header = Callable[[str], str]
"""The value of a header by its name; empty where there is none."""


StatementWatch = Callable[[str, int, float], None]
"""Is told of a statement: its user, the status of its answer, and the seconds until that."""
AGENT_MOST: Final = 80
"""Characters of a program's name that are logged."""
NOBODY: Final = "nobody"
"""Who asks without a user that is known."""


class HttpGate:
    """Knows the passwords, as hashes."""

    def __init__(
        self, passwords: Mapping[WarehouseUser, str], watch: StatementWatch = lambda *_: None
    ) -> None:
        """`watch`: is told of each request that is not let in, its status."""
        self._known = {user: _digest(user, password) for user, password in passwords.items()}
        self._watch = watch
        self._refused, self._thinned = 0, ThinnedLog()
        self._counting = threading.Lock()

    def user(self, path: str, header: Header) -> WarehouseUser | None:
        """Who asks; None for a path that is open to all. Raises RequestRefusedError."""
        try:
            return self._user(path, header)
        except RequestRefusedError as refusal:
            self._watch(NOBODY, refusal.status, 0.0)
            self._say(refusal, header("User-Agent"))
            raise

    def _say(self, refusal: RequestRefusedError, program: str) -> None:
        """Some of them: the program's own name is all that is known of who asked, and no secret."""
        with self._counting:
            self._refused += 1
            refused, is_due = self._refused, self._thinned.is_due(self._refused)
        if is_due:
            log.warning(
                "%d statements without a known user were refused, the newest by a program that calls "
                "itself %r: %s",
                refused,
                program[:AGENT_MOST],
                refusal.text,
            )

    def _user(self, path: str, header: Header) -> WarehouseUser | None:
        _check_place(header)
        if path in OPEN_PATHS:
            return None
        name, password = _login(header)
        if not name:
            raise RequestRefusedError(
                REQUIRED_PASSWORD,
                "Password required: with curl give --netrc-file HOME/warehouse-analyst.netrc, other clients "
                "user and password as HTTP Basic",
            )
        return self._authenticated(_digest(name, password))

    def _authenticated(self, given: bytes) -> WarehouseUser:
        matching = [user for user, known in self._known.items() if hmac.compare_digest(known, given)]
        if not matching:
            raise RequestRefusedError(
                WRONG_PASSWORD,
                "Authentication failed: user or password is wrong, see HOME/warehouse-analyst.netrc",
            )
        return matching[0]


def _check_place(header: Header) -> None:
    host = header("Host")
    if host.rpartition(":")[0] not in HOSTS and host not in HOSTS:
        raise RequestRefusedError(
            ACCESS_DENIED,
            "this server answers at 127.0.0.1 and localhost: the Host header names another",
        )
    origin = header("Origin")
    if (origin and origin != f"http://{host}") or header("Sec-Fetch-Site").lower() not in SAME_SITE:
        raise RequestRefusedError(ACCESS_DENIED, "pages of other sites are not answered")


def _login(header: Header) -> tuple[str, str]:
    if name := header("X-ClickHouse-User"):
        return name, header("X-ClickHouse-Key")
    given = Authorization.from_header(header("Authorization") or None)
    if given is None or given.type != "basic":
        return "", ""
    return given.username or "", given.password or ""


def _digest(name: str, password: str) -> bytes:
    return hashlib.sha256(f"{name}\0{password}".encode("utf-8", "replace")).digest()
