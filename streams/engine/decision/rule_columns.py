"""Decoded payments as the columns that rules read by name: fields of the message, features, table entries.

Numbers are arrays; texts, truths and metadata lists.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

import numpy as np

from features.columns import PartyHashes
from models.messages import Payment
from models.reference import GROUPS
from models.rules.language import METADATA
from models.units import DAY_MS

Column = np.ndarray | list[Any]


def _customer_age_days(payments: Sequence[Payment], times: np.ndarray) -> np.ndarray:
    created = [
        p.customer.created_at if p.customer is not None and p.customer.created_at is not None else np.nan
        for p in payments
    ]
    age: np.ndarray = (times - np.array(created, np.float64)) / DAY_MS
    return age


def _hint(field: str) -> Callable[[Sequence[Payment]], list[Any]]:
    """A field of the authentication; missing without one."""
    read = attrgetter(field)
    return lambda rows: [None if p.authentication is None else read(p.authentication) for p in rows]


def _metadata(payments: Sequence[Payment], key: str) -> list[Any]:
    return [None if p.metadata is None else p.metadata.get(key) for p in payments]


PAYMENT_FIELDS: Mapping[str, Callable[[Sequence[Payment]], Column]] = {
    "amount": lambda rows: np.array([p.amount for p in rows], np.int64),
    "attempt": lambda rows: np.array([p.attempt for p in rows], np.int64),
    "currency": lambda rows: [p.currency for p in rows],
    "method": lambda rows: [p.method.kind.value for p in rows],
    "method_country": lambda rows: [p.method.country for p in rows],
    "bin": lambda rows: [p.method.bin for p in rows],
    "merchant_id": lambda rows: [p.merchant.id for p in rows],
    "merchant_country": lambda rows: [p.merchant.country for p in rows],
    "mcc": lambda rows: [p.merchant.mcc for p in rows],
    "channel": lambda rows: [p.channel.value for p in rows],
    "phase": lambda rows: [p.phase.value for p in rows],
    "challenger_probability": lambda rows: np.full(len(rows), np.nan),
    "three_ds_result": _hint("three_ds_result"),
    "three_ds_version": _hint("three_ds_version"),
    "eci": _hint("eci"),
    "liability_shift": _hint("liability_shift"),
    "sca_exemption": _hint("sca_exemption"),
    "merchant_initiated": _hint("merchant_initiated"),
    "avs_result": _hint("avs_result"),
    "cvv_result": _hint("cvv_result"),
    "card": lambda rows: [p.method.token for p in rows],
    "customer": lambda rows: [None if p.customer is None else p.customer.id for p in rows],
    "device": lambda rows: [p.device_id for p in rows],
    "ip": lambda rows: [p.ip for p in rows],
    "email": lambda rows: [p.email_token for p in rows],
}
"""Columns of the message itself. `challenger_probability` is unknown where no challenger is on trial."""


def issuer_countries(
    payments: Sequence[Payment], bins: Any, parties: PartyHashes | None = None
) -> list[str | None]:
    """The issuer's country as the payment states it, else by its BIN."""
    stated = [p.method.country for p in payments]
    if bins is None or None not in stated:
        return stated
    kinds = _kinds(payments, bins, parties)
    return [country or kind.country or None for country, kind in zip(stated, kinds, strict=True)]


def _kinds(payments: Sequence[Payment], bins: Any, parties: PartyHashes | None) -> list[Any]:
    numbers = bins.look_up([p.method.bin for p in payments]) if parties is None else parties.card_kinds
    return [bins.kinds[number] for number in numbers.tolist()]


def _bin_column(name: str, payments: Sequence[Payment], bins: Any, parties: PartyHashes | None) -> list[Any]:
    if bins is None:
        return [None] * len(payments)
    kinds = _kinds(payments, bins, parties)
    if name == "bin_type":
        return [kind.type or None for kind in kinds]
    return [None if kind.prepaid < 0 else kind.prepaid == 1 for kind in kinds]


@lru_cache(maxsize=8)
def _groups_of(categories: Any) -> dict[str | None, str]:
    """Group of each merchant category: tables never change, so the object is the key."""
    known = {} if categories is None else categories.categories
    return {code: GROUPS[category.group] for code, category in known.items()}


def _mcc_groups(payments: Sequence[Payment], categories: Any) -> list[str | None]:
    groups = _groups_of(categories)
    return [groups.get(p.merchant.mcc) for p in payments]


class RuleColumns:
    """Columns by name, each made when it is first asked for.

    `given`: columns that the payments and features do not hold, such as `soft_declined`, `probability` and
    `reference_amount`. `features`: column of `matrix` by name of the feature. `tables`: reference tables by
    name; what a missing one would say is missing. `parties`: what was looked up there already.
    """

    def __init__(
        self,
        payments: Sequence[Payment],
        times: np.ndarray,
        given: Mapping[str, Column],
        features: Mapping[str, int],
        matrix: np.ndarray,
        tables: Mapping[str, Any],
        parties: PartyHashes | None = None,
    ) -> None:
        self._payments = payments
        self._times = times
        self._columns = dict(given)
        self._features = features
        self._matrix = matrix
        self._tables = tables
        self._parties = parties

    def __call__(self, name: str) -> Any:
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = self._made(name)
        return column

    def _made(self, name: str) -> Column:
        if name in self._features:
            return self._matrix[:, self._features[name]]
        if name == "customer_age_days":
            return _customer_age_days(self._payments, self._times)
        if name == "ip_country":
            return _ip_countries(self._payments, self._tables.get("ip_countries"), self._parties)
        if name.startswith(METADATA):
            return _metadata(self._payments, name.removeprefix(METADATA))
        if name == "issuer_country":
            return issuer_countries(self._payments, self._tables.get("bins"), self._parties)
        if name in ("bin_type", "bin_prepaid"):
            return _bin_column(name, self._payments, self._tables.get("bins"), self._parties)
        if name == "mcc_group":
            return _mcc_groups(self._payments, self._tables.get("mccs"))
        return PAYMENT_FIELDS[name](self._payments)


def _ip_countries(
    payments: Sequence[Payment], countries: Any, parties: PartyHashes | None
) -> list[str | None]:
    if not countries:
        return [None] * len(payments)
    if parties is None:
        return countries.countries([p.ip for p in payments])  # type: ignore[no-any-return]
    return [countries.names[number] for number in parties.ip_countries.tolist()]
