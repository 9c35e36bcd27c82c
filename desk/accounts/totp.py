"""Time-based codes (RFC 6238), by pyotp: six digits that change every 30 s. A code works once.

What is said here is pure; the step that a user's last code was of is kept with the user.
"""

import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pyotp

from desk.database import DeskConnection

STEP_S: Final = 30
STEPS_APART_MAX: Final = 1
"""A clock may be half a minute off, and people are slow."""
ISSUER: Final = "Tollgate"
NOBODYS_SECRET: Final = pyotp.random_base32()
"""Compared with where there is none, for the work it takes."""
CODE: Final = re.compile(r"[0-9]{6}")


@dataclass(frozen=True)
class TotpEnrolment:
    """What an authenticator app is given, once: the secret, and the same as an address for a QR code."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


def new_enrolment(name: str) -> TotpEnrolment:
    secret = pyotp.random_base32()
    return TotpEnrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of time that a code belongs to; None for a wrong one. Every step is compared, right or not."""
    typed = re.sub(r"\s", "", code)
    if not CODE.fullmatch(typed):
        typed = "------"
    current = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret, interval=STEP_S)
    found = None
    for step in range(current - STEPS_APART_MAX, current + STEPS_APART_MAX + 1):
        if hmac.compare_digest(totp.generate_otp(step), typed):
            found = step
    return found


def use_code(
    connection: DeskConnection, user_id: object, stored: str, secret: str, code: str, now: datetime
) -> bool:
    """Whether the code is right and newer than every one used before; it is used up then.

    stored: the secret as it lies in the database. One statement decides: of two who bring the same code at
    the same moment one is refused.
    """
    step = step_of(secret, code, now)
    if step is None:
        return False
    row = connection.execute(
        "UPDATE users SET totp_last_step = %(step)s WHERE user_id = %(user)s "
        "AND totp_secret = %(stored)s AND coalesce(totp_last_step, -1) < %(step)s RETURNING user_id",
        {"step": step, "user": user_id, "stored": stored},
    ).fetchone()
    return row is not None
