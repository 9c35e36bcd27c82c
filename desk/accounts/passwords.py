"""Passwords: hashed by argon2id, with the parameters of RFC 9106 that argon2-cffi takes by itself.

A hashing takes 64 MiB and some hundredths of a second, so that at most `HASHINGS_MAX` run at a time in a
process and only some callers wait: whoever floods the sign-in page is told to come back.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from desk.accounts.refusals import PasswordRefused, TooManyAttempts

HASHINGS_MAX: Final = 2
WAITING_MAX: Final = 20
WAIT_S: Final = 10.0
LENGTH_MIN, LENGTH_MAX = 12, 1_024
DIFFERENT_MIN: Final = 5


class Passwords:
    """Hashes passwords and verifies them. Usable by several threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slots = threading.BoundedSemaphore(HASHINGS_MAX)
        self._callers = threading.BoundedSemaphore(HASHINGS_MAX + WAITING_MAX)
        self._nobodys = self._hasher.hash("the password of nobody")

    def hashed(self, password: str) -> str:
        """The hash to store. Raises TooManyAttempts where too many are at it."""
        with self._slot():
            return self._hasher.hash(password)

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether it is the password of a stored hash; without one as much work, and never.

        Raises TooManyAttempts where too many are at it.
        """
        typed = password if _is_typed(password) else ""
        with self._slot():
            try:
                self._hasher.verify(stored or self._nobodys, typed)
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None and typed == password

    def is_outdated(self, stored: str) -> bool:
        """Whether it was hashed by weaker parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._callers.acquire(blocking=False):
            raise TooManyAttempts(int(WAIT_S))
        try:
            if not self._slots.acquire(timeout=WAIT_S):
                raise TooManyAttempts(int(WAIT_S))
            try:
                yield
            finally:
                self._slots.release()
        finally:
            self._callers.release()


def check_new(password: str, name: str) -> None:
    """Raises PasswordRefused for one that is too short or easily guessed: NIST SP 800-63B asks for length,
    not for kinds of characters.
    """
    if not _is_typed(password):
        raise PasswordRefused(f"a password has up to {LENGTH_MAX} characters, all of which can be typed")
    if len(password) < LENGTH_MIN:
        raise PasswordRefused(f"a password has {LENGTH_MIN} characters or more: some words make a good one")
    if len(set(password)) < DIFFERENT_MIN:
        raise PasswordRefused(f"a password has {DIFFERENT_MIN} different characters or more")
    if name in password.casefold() and len(password) - len(name) < LENGTH_MIN // 2:
        raise PasswordRefused("a password is more than the name")


def _is_typed(password: str) -> bool:
    """Whether it can be hashed: no endless one, and none with half a character in it."""
    return len(password) <= LENGTH_MAX and not any("\ud800" <= char <= "\udfff" for char in password)
