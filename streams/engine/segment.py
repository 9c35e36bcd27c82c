"""A segment's messages as rows for admission and for judging, and the words for those not admitted."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from models.messages import DeadLetterReason, Label, Outcome, Payment
from models.sca import CardCounters
from streams.engine.admission import CONFLICT, STALE, Admitted, Events
from streams.engine.input import columns


@dataclass(frozen=True)
class Rows:
    """New payments: engine times (ms), amounts in EUR cents, whether a rate was missing, vectors, whether
    their features are warming, and their places in the batch (see `models.lists.memory`).

    `keys`: first halves of the payments' keys, for samples. `cards`, `customers`: hashes. `counters`:
    Article 16's before each payment; `forced`: a soft decline forces the challenge.
    """

    payments: list[Payment]
    times: np.ndarray
    amounts: np.ndarray
    unrated: np.ndarray
    matrix: np.ndarray
    warming: np.ndarray
    places: np.ndarray
    keys: np.ndarray
    cards: np.ndarray
    customers: np.ndarray
    counters: CardCounters
    forced: np.ndarray


def _event_time(message: Payment | Outcome | Label) -> int:
    if type(message) is Payment:
        return message.occurred_at
    return message.at if type(message) is Outcome else message.known_at  # type: ignore[union-attr]


def events_of(
    events: list[Any], payments: list[Payment], is_payment: np.ndarray, appended: list[int]
) -> Events:
    keys = columns.keys(payments)
    bodies = columns.bodies(payments)
    phases = np.array([columns.PHASES[p.phase] for p in payments], np.uint8)
    if len(payments) == len(events):
        times = [p.occurred_at for p in payments]
        return Events(
            is_payment,
            keys[:, 0].copy(),
            keys[:, 1].copy(),
            bodies,
            phases,
            np.array(times, np.int64),
            np.array(appended, np.int64),
            np.zeros(len(events), np.bool_),
        )
    spread = np.zeros((4, len(events)), np.uint64)
    spread[:, is_payment] = (keys[:, 0], keys[:, 1], bodies, phases)
    spread[:2, ~is_payment] = columns.report_keys([m for m in events if type(m) is not Payment]).T
    times = [_event_time(message) for message in events]
    return Events(
        is_payment,
        spread[0],
        spread[1],
        spread[2],
        spread[3].astype(np.uint8),
        np.array(times, np.int64),
        np.array(appended, np.int64),
        np.array([type(message) is Label and message.repeats for message in events], np.bool_),
    )


def selected(admitted: Admitted, rows: np.ndarray) -> Admitted:
    if rows.all():
        return admitted
    return Admitted(admitted.times[rows], admitted.status[rows], admitted.records[rows], admitted.first[rows])


def refusal(payment: Payment, status: int) -> tuple[DeadLetterReason, str]:
    key = f"{payment.merchant_account}/{payment.payment_id} attempt {payment.attempt} {payment.phase}"
    if status == CONFLICT:
        return (
            DeadLetterReason.CONFLICT,
            f"{key} was decided before with another body; a changed payment is a new attempt",
        )
    assert status == STALE
    return DeadLetterReason.STALE, f"{key} happened before the horizon within which duplicates can be told"
