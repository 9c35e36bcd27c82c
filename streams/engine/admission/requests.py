"""What a message is recognised by: hashes of its request and of its body, as rows for admission.

A payment's request is (merchant account, payment id, attempt); its phase is kept apart. What outcomes and
labels are recognised by: see `streams.engine.admission.reports`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import xxhash

from models.arrays import Bools, Bytes, Int64s, UInt64s
from models.messages import Label, Outcome, Payment, Phase

PHASES = {Phase.PRE_AUTH: 0, Phase.POST_3DS: 1, Phase.POST_AUTH: 2}

_hash = xxhash.xxh3_64_intdigest
_hash128 = xxhash.xxh3_128_digest
_pack = msgspec.msgpack.Encoder().encode
_pack_json = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class AdmissionRows:
    """n payments, outcomes and labels in log order."""

    is_payment: Bools
    key_high: UInt64s
    """Upper half of what the message is recognised by."""
    key_low: UInt64s
    body: UInt64s
    """Hash of a payment's content; 0 for others."""
    phase: Bytes
    """Number of a payment's phase in `PHASES`; 0 for others."""
    event_time: Int64s
    """When it happened, or a label was known, ms."""
    appended: Int64s
    """When the record was appended to its topic, ms."""
    repeats: Bools
    """Labels whose source says that their value has been reported before."""


def admission_rows(
    messages: Sequence[Payment | Outcome | Label], appended: Sequence[int] | Int64s
) -> AdmissionRows:
    """The rows of messages appended at these times, ms."""
    is_payment = np.array([type(message) is Payment for message in messages], np.bool_)
    appended_ms = np.array(appended, np.int64)
    if is_payment.all():
        return _payment_rows(messages, is_payment, appended_ms)  # type: ignore[arg-type]
    rows = len(messages)
    reports: Sequence[Any] = [m for m in messages if type(m) is not Payment]
    payments = [m for m in messages if type(m) is Payment]
    keys, body, phase = np.zeros((rows, 2), np.uint64), np.zeros(rows, np.uint64), np.zeros(rows, np.uint8)
    keys[is_payment], keys[~is_payment] = request_keys(payments), report_keys(reports)
    body[is_payment], phase[is_payment] = body_hashes(payments), _phases(payments)
    return AdmissionRows(
        is_payment,
        keys[:, 0].copy(),
        keys[:, 1].copy(),
        body,
        phase,
        np.array([_event_time(message) for message in messages], np.int64),
        appended_ms,
        np.array([type(message) is Label and message.repeats for message in messages], np.bool_),
    )


def _payment_rows(payments: Sequence[Payment], is_payment: Bools, appended_ms: Int64s) -> AdmissionRows:
    keys = request_keys(payments)
    return AdmissionRows(
        is_payment,
        keys[:, 0].copy(),
        keys[:, 1].copy(),
        body_hashes(payments),
        _phases(payments),
        np.array([p.occurred_at for p in payments], np.int64),
        appended_ms,
        np.zeros(len(payments), np.bool_),
    )


def request_keys(payments: Sequence[Payment]) -> UInt64s:
    """128-bit hashes of (merchant account, payment id, attempt), shape (n, 2)."""
    digests = [
        _hash128(f"{p.attempt}|{len(p.merchant_account)}|{p.merchant_account}|{p.payment_id}".encode())
        for p in payments
    ]
    return _halves(digests)


def body_hashes(payments: Sequence[Payment]) -> UInt64s:
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
        return _pack_json(payment)


def report_keys(reports: Sequence[Outcome | Label]) -> UInt64s:
    """128-bit hashes of what outcomes and labels are recognised by, shape (n, 2)."""
    return _halves([_hash128(_report_text(report).encode()) for report in reports])


def _report_text(report: Outcome | Label) -> str:
    account = report.merchant_account
    payment = f"{report.attempt}|{len(account)}|{account}|{len(report.payment_id)}|{report.payment_id}"
    if type(report) is Outcome:
        return f"outcome|{payment}|{report.kind.value}|{report.at}"
    assert type(report) is Label
    return f"label|{payment}|{report.label.value}"


def _halves(digests: list[bytes]) -> UInt64s:
    return np.frombuffer(b"".join(digests), ">u8").reshape(-1, 2).astype(np.uint64)


def _phases(payments: Sequence[Payment]) -> Bytes:
    return np.array([PHASES[p.phase] for p in payments], np.uint8)


def _event_time(message: Payment | Outcome | Label) -> int:
    if type(message) is Payment:
        return message.occurred_at
    return message.at if type(message) is Outcome else message.known_at  # type: ignore[union-attr]
