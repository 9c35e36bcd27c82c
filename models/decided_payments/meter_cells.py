"""Decided payments as cells of the meters: settled, attempted, remote.

A payment is settled when it was captured first, and counts on that day. The acquirer is the merchant account
it came by, unless one name is given for all.
"""

import numpy as np
from numpy.typing import NDArray

from models.arrays import Exacts, Int64s
from models.decided_payments.columns import NEVER, DecidedPayments, Texts
from models.meters import (
    AttemptCells,
    CardActivity,
    CardAttempts,
    EnumerationEstimate,
    RemoteCells,
    ReportRows,
    SettledCells,
    factorised,
)
from models.policy import DECLINE
from models.units import DAY_MS, HOUR_MS
from models.verdict_value import LabelCode, exact_sums


def card_activity(
    decided: DecidedPayments, reported: ReportRows, acquirer: str | None = None
) -> CardActivity:
    """What scheme meters need, with the reports of disputes (`models.meters.reports`)."""
    return CardActivity(settled_cells(decided, acquirer), reported, attempt_cells(decided, acquirer))


def settled_cells(decided: DecidedPayments, acquirer: str | None = None) -> SettledCells:
    """Captured card payments, one cell for each merchant, country, scheme, day and way."""
    chosen = decided.taken(decided.by_card & (decided.captured_at != NEVER))
    days = chosen.captured_at // DAY_MS
    keys, numbers = factorised(
        chosen.merchants, _acquirers(chosen, acquirer), chosen.countries, chosen.schemes, days,
        ~chosen.at_terminal, chosen.authenticated,
    )  # fmt: skip
    columns = _transposed(keys, 7)
    return SettledCells(
        merchants=_texts(columns[0]), acquirers=_texts(columns[1]), countries=_texts(columns[2]),
        schemes=_texts(columns[3]), days=np.array(columns[4], np.int64),
        card_absent=np.array(columns[5], np.bool_), authenticated=np.array(columns[6], np.bool_),
        payments=np.bincount(numbers, minlength=len(keys)).astype(np.int64),
    )  # fmt: skip


def attempt_cells(decided: DecidedPayments, acquirer: str | None = None) -> AttemptCells:
    """Attempts with cards at a distance, one cell for each merchant, country, scheme and day. Declined: by us
    or by the issuer.
    """
    chosen = decided.taken(decided.by_card & ~decided.at_terminal)
    enumerated = EnumerationEstimate().enumerated(
        CardAttempts(
            merchants=chosen.merchants, hours=chosen.occurred_at // HOUR_MS, bins=chosen.bins,
            devices=chosen.devices, cards=chosen.cards,
            declined=(chosen.verdicts == DECLINE) | chosen.issuer_declined,
        )
    )  # fmt: skip
    keys, numbers = factorised(
        chosen.merchants, _acquirers(chosen, acquirer), chosen.countries, chosen.schemes,
        chosen.occurred_at // DAY_MS,
    )  # fmt: skip
    columns, count = _transposed(keys, 5), len(keys)
    return AttemptCells(
        merchants=_texts(columns[0]), acquirers=_texts(columns[1]), countries=_texts(columns[2]),
        schemes=_texts(columns[3]), days=np.array(columns[4], np.int64),
        attempts=np.bincount(numbers, minlength=count).astype(np.int64),
        enumerated=np.bincount(numbers[enumerated], minlength=count).astype(np.int64),
    )  # fmt: skip


def remote_cells(decided: DecidedPayments, entity: str) -> RemoteCells:
    """Card payments at a distance that were executed, whether or not the money came back, by day and
    currency, of one legal entity.
    """
    chosen = decided.taken(decided.by_card & ~decided.at_terminal & decided.executed)
    keys, numbers = factorised(chosen.occurred_at // DAY_MS, chosen.currencies)
    paid, fraud = (
        _sums(amounts, numbers, len(keys))
        for amounts in (chosen.amounts, np.where(chosen.labels == LabelCode.FRAUD, chosen.amounts, 0))
    )
    return RemoteCells(
        entities=_texts([entity] * len(keys)), days=np.array([day for day, _ in keys], np.int64),
        currencies=_texts([code for _, code in keys]), paid=paid, fraud=fraud,
    )  # fmt: skip


def _sums(amounts: Int64s, numbers: Int64s, count: int) -> Exacts:
    return np.array(exact_sums(amounts, numbers, count), np.object_)


def _acquirers(decided: DecidedPayments, acquirer: str | None) -> Texts:
    return decided.accounts if acquirer is None else _texts([acquirer] * len(decided))


def _transposed(keys: list[tuple[object, ...]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*keys, strict=True)] or [[] for _ in range(width)]


def _texts(values: list[object] | list[str]) -> Texts:
    column: NDArray[np.object_] = np.empty(len(values), object)
    column[:] = values
    return column
