"""Decoded messages as columns: what the feature kernel, the attributes and so every vector begin with.

The same code reads the live log and history files. A row depends on its own message, its engine time and the
reference tables alone, so it does not matter how a log is cut into batches.

The place of a payment is where the device or terminal is. Where that is not given it is, at the point of
sale, the middle of the merchant's country, and otherwise the middle of the country of the IP address.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from features.catalogue import Attribute, attribute_columns
from features.columns import (
    LABEL_CODES,
    OUTCOME_CODES,
    Events,
    PartyHashes,
    Reference,
    Stream,
    party_hashes,
    payment_facts,
    payment_parties,
    report_parties,
)
from features.columns import location as places
from features.ingest.amounts import ReferenceAmounts
from models.arrays import Bools, Floats, Int64s
from models.messages import Channel, Label, Outcome, OutcomeKind, Payment


def intake(
    messages: Sequence[Payment | Outcome | Label],
    times: Int64s,
    amounts: ReferenceAmounts,
    adds: Bools,
    tables: Mapping[str, Any],
    attributes: Sequence[Attribute],
) -> tuple[Events, Floats]:
    """The rows of `messages` in their order, and the attributes `[p, K]` of the p payments among them.

    `times`: engine times, ms. `adds`: False for payments that read the windows without entering them.
    `tables`: reference tables by name; what a missing one would say is unknown.
    """
    reference = Reference.of(tables)
    events = _without_parties(messages, times, amounts.eur_cents, adds)
    reports = [m for m in messages if type(m) is not Payment]
    payments: Sequence[Any] = messages
    rows: Any = slice(None)
    if reports:
        is_payment = events.stream == Stream.ATTEMPT
        identities = party_hashes(report_parties(reports), reference)
        events.tokens[:, ~is_payment] = identities.tokens
        events.place[~is_payment] = reference.ip_places[identities.ip_countries]
        payments, rows = [m for m in messages if type(m) is Payment], is_payment
    identities = party_hashes(payment_parties(payments), reference)
    events.tokens[:, rows] = identities.tokens
    events.place[rows] = _places(payments, identities, reference)
    columns = payment_facts(
        payments, events.at[rows], events.amount[rows], amounts.unrated[rows], identities, reference
    )
    return events, attribute_columns(columns, attributes).T


def _without_parties(
    messages: Sequence[Payment | Outcome | Label], times: Int64s, cents: Int64s, adds: Bools
) -> Events:
    """All columns but tokens and place."""
    events = Events.empty(len(messages))
    events.at[:], events.amount[:], events.adds[:] = times, cents, adds
    events.occurred_at[:] = np.array([m.occurred_at for m in messages], np.int64)
    kinds = list(map(type, messages))
    if kinds.count(Payment) < len(kinds):
        for row, message in enumerate(messages):
            events.stream[row], events.code[row] = _stream_and_code(message)
    return events


def _stream_and_code(message: Payment | Outcome | Label) -> tuple[Stream, int]:
    if type(message) is Payment:
        return Stream.ATTEMPT, 0
    if type(message) is Label:
        return Stream.LABEL, LABEL_CODES[message.label]
    assert type(message) is Outcome
    group = message.decline_group if message.kind is OutcomeKind.DECLINED else None
    return Stream.OUTCOME, OUTCOME_CODES[message.kind, group]


def _places(payments: Sequence[Payment], identities: PartyHashes, reference: Reference) -> Int64s:
    place = reference.ip_places[identities.ip_countries]
    at_terminal = np.array([p.channel is Channel.POS for p in payments], np.bool_)
    middle = reference.middles[identities.country_rows]
    place = np.where(at_terminal & (middle != 0), middle, place)
    for row, payment in enumerate(payments):
        if payment.location is not None:
            place[row] = places.pack(payment.location.latitude, payment.location.longitude)
    return place
