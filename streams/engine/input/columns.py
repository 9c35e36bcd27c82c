"""Decoded payments as columns: what the kernels, the rules and the model take."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import xxhash

from models.messages import Label, Outcome, Payment, Phase
from models.reference import GROUPS
from models.rules.language import METADATA
from models.units import DAY_MS

PHASES = {Phase.PRE_AUTH: 0, Phase.POST_3DS: 1, Phase.POST_AUTH: 2}

_hash = xxhash.xxh3_64_intdigest
_hash128 = xxhash.xxh3_128_digest
_pack = msgspec.msgpack.Encoder().encode
_pack_any = msgspec.json.Encoder().encode


def keys(payments: Sequence[Payment]) -> np.ndarray:
    """128-bit hashes of (merchant account, payment id, attempt), shape (n, 2) uint64."""
    digests = [
        _hash128(f"{p.attempt}|{len(p.merchant_account)}|{p.merchant_account}|{p.payment_id}".encode())
        for p in payments
    ]
    return np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2).astype(np.uint64)


def bodies(payments: Sequence[Payment]) -> np.ndarray:
    """64-bit hash of each payment's content: field order and white space in the JSON do not matter."""
    try:
        return np.array([_hash(_pack(p)) for p in payments], np.uint64)
    except OverflowError:
        return np.array([_hash(_packed(p)) for p in payments], np.uint64)


def _packed(payment: Payment) -> bytes:
    """MessagePack ends at 64 bits; metadata may hold a larger integer, which JSON can write down."""
    try:
        return _pack(payment)
    except OverflowError:
        return _pack_any(payment)


def report_keys(reports: Sequence[Outcome | Label]) -> np.ndarray:
    """128-bit hashes of what a report is known by (`streams.engine.admission.reports`), shape (n, 2)
    uint64."""
    digests = [_hash128(_report(report).encode()) for report in reports]
    return np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2).astype(np.uint64)


def _report(report: Outcome | Label) -> str:
    account = report.merchant_account
    payment = f"{report.attempt}|{len(account)}|{account}|{len(report.payment_id)}|{report.payment_id}"
    if type(report) is Outcome:
        return f"outcome|{payment}|{report.kind.value}|{report.at}"
    assert type(report) is Label
    return f"label|{payment}|{report.label.value}"


def _text(values: list[Any]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def _customer_age_days(payments: Sequence[Payment], times: np.ndarray) -> np.ndarray:
    created = [
        p.customer.created_at if p.customer is not None and p.customer.created_at is not None else np.nan
        for p in payments
    ]
    age: np.ndarray = (times - np.array(created, np.float64)) / DAY_MS
    return age


def _hint(field: str) -> Callable[[Sequence[Payment]], np.ndarray]:
    """A field of the authentication; missing without one."""

    def hint(rows: Sequence[Payment]) -> np.ndarray:
        return _text([None if p.authentication is None else getattr(p.authentication, field) for p in rows])

    return hint


def _metadata(payments: Sequence[Payment], key: str) -> np.ndarray:
    return _text([None if p.metadata is None else p.metadata.get(key) for p in payments])


FIELDS: Mapping[str, Callable[[Sequence[Payment]], np.ndarray]] = {
    "amount": lambda rows: np.array([p.amount for p in rows], np.int64),
    "attempt": lambda rows: np.array([p.attempt for p in rows], np.int64),
    "currency": lambda rows: _text([p.currency for p in rows]),
    "method": lambda rows: _text([p.method.kind.value for p in rows]),
    "method_country": lambda rows: _text([p.method.country for p in rows]),
    "bin": lambda rows: _text([p.method.bin for p in rows]),
    "merchant_id": lambda rows: _text([p.merchant.id for p in rows]),
    "merchant_country": lambda rows: _text([p.merchant.country for p in rows]),
    "mcc": lambda rows: _text([p.merchant.mcc for p in rows]),
    "channel": lambda rows: _text([p.channel.value for p in rows]),
    "phase": lambda rows: _text([p.phase.value for p in rows]),
    "challenger_probability": lambda rows: np.full(len(rows), np.nan),
    "three_ds_result": _hint("three_ds_result"),
    "three_ds_version": _hint("three_ds_version"),
    "eci": _hint("eci"),
    "liability_shift": _hint("liability_shift"),
    "sca_exemption": _hint("sca_exemption"),
    "merchant_initiated": _hint("merchant_initiated"),
    "avs_result": _hint("avs_result"),
    "cvv_result": _hint("cvv_result"),
    "card": lambda rows: _text([p.method.token for p in rows]),
    "customer": lambda rows: _text([None if p.customer is None else p.customer.id for p in rows]),
    "device": lambda rows: _text([p.device_id for p in rows]),
    "ip": lambda rows: _text([p.ip for p in rows]),
    "email": lambda rows: _text([p.email_token for p in rows]),
}
"""What the payment says itself. `challenger_probability` is unknown where no challenger is on trial."""


def issuer_countries(payments: Sequence[Payment], bins: Any) -> np.ndarray:
    """The issuer's country: what the payment says, else what the table of BINs says."""
    stated = [p.method.country for p in payments]
    if bins is None or None not in stated:
        return _text(stated)
    kinds = _kinds(payments, bins)
    return _text([said or kind.country or None for said, kind in zip(stated, kinds, strict=True)])


def _kinds(payments: Sequence[Payment], bins: Any) -> list[Any]:
    return [bins.kinds[number] for number in bins.look_up([p.method.bin for p in payments]).tolist()]


def _of_bins(name: str, payments: Sequence[Payment], bins: Any) -> np.ndarray:
    if bins is None:
        return _text([None] * len(payments))
    kinds = _kinds(payments, bins)
    if name == "bin_type":
        return _text([kind.type or None for kind in kinds])
    return _text([None if kind.prepaid < 0 else kind.prepaid == 1 for kind in kinds])


def _mcc_groups(payments: Sequence[Payment], categories: Any) -> np.ndarray:
    known = {} if categories is None else categories.categories
    groups = {code: GROUPS[category.group] for code, category in known.items()}
    return _text([groups.get(p.merchant.mcc) for p in payments])


class RuleColumns:
    """Columns by name for the rules, made when first asked for. What the log knows beside the payment
    (`soft_declined`, `probability`, `reference_amount`) must be `given`.
    """

    def __init__(
        self,
        payments: Sequence[Payment],
        times: np.ndarray,
        given: dict[str, np.ndarray],
        features: Mapping[str, int],
        matrix: np.ndarray,
        ip_countries: Any,
        tables: Mapping[str, Any] | None = None,
    ) -> None:
        self._payments = payments
        self._times = times
        self._columns = given
        self._features = features
        self._matrix = matrix
        self._ip_countries = ip_countries
        self._tables = tables or {}

    def __call__(self, name: str) -> np.ndarray:
        column = self._columns.get(name)
        if column is None:
            column = self._columns[name] = self._made(name)
        return column

    def _made(self, name: str) -> np.ndarray:
        if name in self._features:
            return self._matrix[:, self._features[name]]
        if name == "customer_age_days":
            return _customer_age_days(self._payments, self._times)
        if name == "ip_country":
            ips = [p.ip for p in self._payments]
            return _text(self._ip_countries.countries(ips) if self._ip_countries else [None] * len(ips))
        if name.startswith(METADATA):
            return _metadata(self._payments, name.removeprefix(METADATA))
        if name == "issuer_country":
            return issuer_countries(self._payments, self._tables.get("bins"))
        if name in ("bin_type", "bin_prepaid"):
            return _of_bins(name, self._payments, self._tables.get("bins"))
        if name == "mcc_group":
            return _mcc_groups(self._payments, self._tables.get("mccs"))
        return FIELDS[name](self._payments)
