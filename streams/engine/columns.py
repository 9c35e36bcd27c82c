"""Decoded payments as columns: what the kernels, the rules and the model take."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import xxhash

from models.label import Label
from models.outcome import Outcome
from models.payment import Payment, Phase

PHASES = {Phase.PRE_AUTH: 0, Phase.POST_3DS: 1, Phase.POST_AUTH: 2}
DAY_MS = 86_400_000

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
    """128-bit hashes of what a report is known by (`streams.engine.reports`), shape (n, 2) uint64."""
    digests = [_hash128(_report(report).encode()) for report in reports]
    return np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2).astype(np.uint64)


def _report(report: Outcome | Label) -> str:
    account = report.merchant_account
    payment = f"{report.attempt}|{len(account)}|{account}|{len(report.payment_id)}|{report.payment_id}"
    if type(report) is Outcome:
        return f"outcome|{payment}|{report.kind.value}|{report.at}"
    assert type(report) is Label
    return f"label|{payment}|{report.label.value}"


def _text(values: list[str | None]) -> np.ndarray:
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
}


class RuleColumns:
    """Columns by name for the rules, made when first asked for."""

    def __init__(
        self,
        payments: Sequence[Payment],
        times: np.ndarray,
        given: dict[str, np.ndarray],
        features: Mapping[str, int],
        matrix: np.ndarray,
        ip_countries: Any,
    ) -> None:
        self._payments = payments
        self._times = times
        self._columns = given
        self._features = features
        self._matrix = matrix
        self._ip_countries = ip_countries

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
        return FIELDS[name](self._payments)
