"""Decoded messages as columns: what the feature kernel, the attributes and so every vector begin with.

The same code reads the live log and history files. A row depends on its own message, its engine time and the
reference tables alone, so it does not matter how a log is cut into batches.

The place of a payment is where the device or terminal is. Where that is not given it is, at the point of
sale, the middle of the merchant's country, and otherwise the middle of the country of the IP address.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from features.arrays import Bools, Floats, Int64s
from features.catalogue import Attribute, attributes
from features.columns import (
    LABEL_CODES,
    OUTCOME_CODES,
    Events,
    Identified,
    Reference,
    Stream,
    facts,
    identified,
    parties,
    parties_of_others,
)
from features.columns import location as places
from models.messages import Channel, Label, Outcome, OutcomeKind, Payment
from models.reference import bins, ip_countries


def intake(
    messages: Sequence[Payment | Outcome | Label],
    times: Int64s,
    amounts: Int64s,
    adds: Bools,
    tables: Mapping[str, Any],
    columns: Sequence[Attribute],
) -> tuple[Events, Floats]:
    """The rows of `messages` in their order, and the attributes `[p, K]` of the payments among them.

    `times`: engine times, ms. `amounts`: EUR cents, 0 where there is no rate. `adds`: False for an attempt's
    later phases. `tables`: reference tables by name, as `streams.engine.decision.context.TABLES` reads them;
    what a missing one would say is unknown. `columns`: the catalogue's attributes.
    """
    reference = Reference.of(tables)
    events = _begun(messages, times, amounts, adds)
    payments = [m for m in messages if type(m) is Payment]
    others = [m for m in messages if type(m) is not Payment]
    rows: Any = slice(None) if not others else events.stream == Stream.ATTEMPT
    if others:
        found = identified(parties_of_others(others), reference)
        events.tokens[:, ~rows] = found.tokens
        events.place[~rows] = reference.ip_places[found.ip_countries]
    found = identified(parties(payments), reference)
    events.tokens[:, rows] = found.tokens
    events.place[rows] = _places(payments, found, reference)
    told = facts(payments, events.at[rows], events.amount[rows], found, reference)
    return events, attributes.attribute_rows(told, columns)


def warm() -> None:
    """Compile the kernels (or load them from the cache) before the first payment."""
    for module in (ip_countries, bins, attributes):
        module.warm()


def _begun(
    messages: Sequence[Payment | Outcome | Label], times: Int64s, amounts: Int64s, adds: Bools
) -> Events:
    """All columns but tokens and place."""
    events = Events.empty(len(messages))
    events.at[:], events.amount[:], events.adds[:] = times, amounts, adds
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


def _places(payments: Sequence[Payment], found: Identified, reference: Reference) -> Int64s:
    place = reference.ip_places[found.ip_countries]
    at_terminal = np.array([p.channel is Channel.POS for p in payments], np.bool_)
    middle = reference.middles[found.country_rows]
    place = np.where(at_terminal & (middle != 0), middle, place)
    for row, payment in enumerate(payments):
        if payment.location is not None:
            place[row] = places.pack(payment.location.latitude, payment.location.longitude)
    return place
