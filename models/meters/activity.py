"""What meters are read from: plain columns of card payments and of what was reported about them.

A row of `SettledCells` or `AttemptCells` stands for any number of payments, so that a store can add up before
it answers: single payments are cells of one. Reports (fraud notices, disputes) are few and come one by one.

Subjects are texts. A merchant with payments in two countries is two subjects, since regions have levels of
their own; nothing is guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Codes, Int64s

Texts = NDArray[np.object_]
NEVER: Final = -1
"""In place of a time: it did not happen."""


class ReportKind(IntEnum):
    """What was reported."""

    FRAUD_NOTICE = 0
    DISPUTE = 1


class Resolution(IntEnum):
    """What takes a report out of the scheme's count."""

    NONE = 0
    PRE_DISPUTE = 1
    COMPELLING_EVIDENCE = 2


@dataclass(frozen=True)
class SettledCells:
    """Settled card payments, n cells; every array has shape (n,)."""

    merchants: Texts
    """Merchant ids."""
    acquirers: Texts
    """Acquirers, by any name that tells them apart."""
    countries: Texts
    """Countries of the merchants, ISO 3166-1 alpha-2; None where unknown."""
    schemes: Texts
    """Card schemes, such as `visa`."""
    days: Int64s
    """Days (since 1970, UTC) on which they were settled."""
    card_absent: Bools
    """Made at a distance."""
    authenticated: Bools
    """By 3-D Secure."""
    payments: Int64s
    """How many."""


@dataclass(frozen=True)
class ReportRows:
    """Fraud notices and first chargebacks, n rows; every array has shape (n,)."""

    merchants: Texts
    """Merchant ids."""
    acquirers: Texts
    """As in `SettledCells`."""
    countries: Texts
    """As in `SettledCells`."""
    schemes: Texts
    """As in `SettledCells`."""
    kinds: Codes
    """`ReportKind`."""
    reported_at: Int64s
    """When it was reported (ms): months go by this, not by the payment's day."""
    fraud: Bools
    """It claims fraud; every fraud notice does."""
    card_absent: Bools
    """The payment was made at a distance."""
    resolutions: Codes
    """`Resolution`."""
    resolved_at: Int64s
    """When (ms); `NEVER` without a resolution."""
    amounts: Int64s
    """What is reported or disputed, minor units."""
    currencies: Texts
    """What the amounts are in."""


@dataclass(frozen=True)
class AttemptCells:
    """Card-absent authorisation attempts, n cells; every array has shape (n,)."""

    merchants: Texts
    """Merchant ids."""
    acquirers: Texts
    """As in `SettledCells`."""
    countries: Texts
    """As in `SettledCells`."""
    schemes: Texts
    """As in `SettledCells`."""
    days: Int64s
    """Days (since 1970, UTC) on which they were made."""
    attempts: Int64s
    """How many, approved and declined."""
    enumerated: Int64s
    """Those among them that try cards (`models.meters.enumeration`)."""


@dataclass(frozen=True)
class CardActivity:
    """All that meters need."""

    settled: SettledCells
    reports: ReportRows
    attempts: AttemptCells

    @property
    def without_scheme(self) -> int:
        """Settled payments whose scheme is not known, so that no scheme's meter counts them."""
        unknown = np.array([scheme is None for scheme in self.settled.schemes.tolist()], np.bool_)
        return int(self.settled.payments[unknown].sum())

    @property
    def without_country(self) -> int:
        """Reports of merchants whose country, and so region, is not known."""
        return sum(country is None for country in self.reports.countries.tolist())


def texts(values: Sequence[str | None]) -> Texts:
    """A column of texts."""
    column = np.empty(len(values), object)
    column[:] = values
    return column


def factorised(*columns: Any) -> tuple[list[tuple[Any, ...]], Int64s]:
    """The different rows of some columns in order of their first appearance, and the number of each row.

    >>> keys, numbers = factorised(texts(["a", "b", "a"]), texts(["FR", None, "FR"]))
    >>> keys, numbers.tolist()
    ([('a', 'FR'), ('b', None)], [0, 1, 0])
    """
    numbers: dict[tuple[Any, ...], int] = {}
    rows = zip(*(column.tolist() for column in columns), strict=True)
    codes = [numbers.setdefault(row, len(numbers)) for row in rows]
    return list(numbers), np.array(codes, np.int64)
