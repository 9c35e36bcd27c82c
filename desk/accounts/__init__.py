"""Who may sign in, what they may do, and their sessions.

Invariants
- Of a password only its argon2id hash is stored; of a session's or a link's token only the SHA-256.
- Whoever is refused learns nothing: one wording and one amount of work for every cause.
- The secret of an authenticator app lies encrypted, by a key that is not in the database.
- A one-time link and a time-based code work once, also for two who use them at the same moment.
- Attempts are counted before they are looked at, by name and by address, in the database: as many consoles as
  there are share one count.
- What an admin does is within the admin's own merchant accounts, and one admin who can sign in is left.
- A session's rights are those that its person has now.

Imports `desk.database`, `desk.audit` and `desk.people`.
"""

from desk.accounts.accounts import Accounts
from desk.accounts.refusals import (
    AccountRefused,
    LinkRefused,
    PasswordRefused,
    SignInRefused,
    TooManyAttempts,
)
from desk.accounts.rights import Account
from desk.accounts.sealing import TotpSealing, sealing_of
from desk.accounts.sessions import NewSession, SessionPerson
from desk.accounts.totp import TotpEnrolment
from desk.people import MAY, Action, Person, Role

__all__ = [
    "MAY",
    "Account",
    "AccountRefused",
    "Accounts",
    "Action",
    "LinkRefused",
    "NewSession",
    "PasswordRefused",
    "Person",
    "Role",
    "SessionPerson",
    "SignInRefused",
    "TooManyAttempts",
    "TotpEnrolment",
    "TotpSealing",
    "sealing_of",
]
