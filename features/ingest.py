"""Messages of a log to feature vectors: reference amounts, columns and attributes, features, in this order.

The engine, feature histories, the seed model and the notebooks all go through `Ingest.run`, so a payment has
the same vector live and offline. Which messages are new, and at which engine time, is the caller's to say.

Invariant: a row depends on its own message, its engine time and the reference tables, and a vector also on
the messages before it: where a log is cut into batches does not matter.

The place of a payment is where the device or terminal is. Where that is not given it is, at the point of
sale, the middle of the merchant's country, and otherwise the middle of the country of the IP address.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from features.catalogue import Attribute, Catalogue, attribute_columns, attributes
from features.columns import (
    LABEL_CODES,
    OUTCOME_CODES,
    TOKENS,
    Events,
    PartyHashes,
    ReferenceLookups,
    Stream,
    location,
    party_hashes,
    payment_facts,
    payment_parties,
    report_parties,
)
from features.state import FeatureState
from models.arrays import Bools, Floats, Int64s
from models.messages import Channel, Label, Outcome, OutcomeKind, Payment
from models.money import ReferenceRates
from models.reference import bins, ip_countries


class ReferenceAmounts(NamedTuple):
    """Amounts of n messages."""

    eur_cents: Int64s
    """0 where there is no rate."""
    unrated: Bools
    """Where there is no exchange rate: the amount is unknown."""


class IngestResult(NamedTuple):
    """What `Ingest.run` makes of n messages with p payments among them."""

    events: Events
    """The messages as rows of the feature kernel, shape (n,)."""
    amounts: ReferenceAmounts
    """The messages' amounts, shape (n,)."""
    vectors: Floats
    """The payments' vectors before they entered the windows, in log order, shape (p, features)."""
    parties: PartyHashes
    """Who takes part in the payments."""


class Ingest:
    """Takes messages in log order into the feature state and gives the payments' vectors."""

    def __init__(self, catalogue: Catalogue, state: FeatureState | None = None) -> None:
        self.catalogue = catalogue
        self.state = state if state is not None else FeatureState.empty(catalogue)

    def run(
        self,
        messages: Sequence[Payment | Outcome | Label],
        times: Int64s,
        adds: Bools,
        tables: Mapping[str, Any],
    ) -> IngestResult:
        """The vectors of the payments among `messages`.

        `times`: engine times, ms, never decreasing. `adds`: False for payments that read the windows without
        entering them, such as an attempt's later phases. `tables`: reference tables by name; what a missing
        one would say is unknown.
        """
        amounts = reference_amounts(tables.get("fx"), messages, times)
        events, facts, parties = intake(messages, times, amounts, adds, tables, self.catalogue.attributes)
        vectors = np.empty((len(facts), len(self.catalogue.names)))
        vectors[:, : facts.shape[1]] = facts
        self.state.update(events, vectors)
        return IngestResult(events, amounts, vectors, parties)


def reference_amounts(
    rates: ReferenceRates | None, messages: Sequence[Payment | Outcome | Label], times: Int64s
) -> ReferenceAmounts:
    """The messages' amounts at their engine times, ms; without rates only amounts in EUR are known."""
    if rates is None:
        cents = [m.amount if m.currency == "EUR" else None for m in messages]
    else:
        convert = rates.convert
        cents = [convert(m.amount, m.currency, t) for m, t in zip(messages, times.tolist(), strict=True)]
    unrated = np.array([amount is None for amount in cents], np.bool_)
    return ReferenceAmounts(np.array([amount or 0 for amount in cents], np.int64), unrated)


def intake(
    messages: Sequence[Payment | Outcome | Label],
    times: Int64s,
    amounts: ReferenceAmounts,
    adds: Bools,
    tables: Mapping[str, Any],
    attributes: Sequence[Attribute],
) -> tuple[Events, Floats, PartyHashes]:
    """The rows of `messages` in their order; of the p payments among them the attributes `[p, K]`, and who
    takes part.

    `times`: engine times, ms. `adds`: False for payments that read the windows without entering them.
    `tables`: reference tables by name; what a missing one would say is unknown.
    """
    reference = ReferenceLookups.of(tables)
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
    return events, attribute_columns(columns, attributes).T, identities


def _without_parties(
    messages: Sequence[Payment | Outcome | Label], times: Int64s, cents: Int64s, adds: Bools
) -> Events:
    """All columns but tokens and place."""
    rows = len(messages)
    events = Events(
        at=np.array(times, np.int64),
        stream=np.zeros(rows, np.int64),
        code=np.zeros(rows, np.int64),
        adds=np.array(adds, np.bool_),
        amount=np.array(cents, np.int64),
        occurred_at=np.array([m.occurred_at for m in messages], np.int64),
        place=np.zeros(rows, np.int64),
        tokens=np.zeros((len(TOKENS), rows), np.uint64),
    )
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


def _places(payments: Sequence[Payment], identities: PartyHashes, reference: ReferenceLookups) -> Int64s:
    place = reference.ip_places[identities.ip_countries]
    at_terminal = np.array([p.channel is Channel.POS for p in payments], np.bool_)
    middle = reference.middles[identities.country_rows]
    place = np.where(at_terminal & (middle != 0), middle, place)
    for row, payment in enumerate(payments):
        if payment.location is not None:
            place[row] = location.pack(payment.location.latitude, payment.location.longitude)
    return place


def warm() -> None:
    """Compiles the kernels of the intake, or loads them from the cache, before the first payment."""
    for module in (ip_countries, bins, attributes):
        module.warm()
