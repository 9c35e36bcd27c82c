"""The rows of table `payments`: each payment message that can be read, repeated ones as well."""

from collections.abc import Sequence

import pyarrow as pa

from models.messages import Authentication, Customer, Payment
from streams.warehouse.tables.columns import (
    TEXT_MAP,
    Columns,
    coordinates,
    lists,
    numbers,
    texts,
    times,
    times_or_null,
)
from streams.warehouse.tables.ip_network import IpNetworks
from streams.warehouse.tables.row import Row

NO_CUSTOMER = Customer("-")
NO_AUTHENTICATION = Authentication()


def payment_columns(rows: Sequence[Row], networks: IpNetworks) -> Columns:
    """`facts` of a row are the fields in which card numbers were masked."""
    payments: list[Payment] = [row.content for row in rows]
    return {
        "received_at": times([row.appended_at for row in rows]),
        "occurred_at": times([p.occurred_at for p in payments]),
        "merchant_account": texts(p.merchant_account for p in payments),
        "payment_id": texts(p.payment_id for p in payments),
        "attempt": numbers((p.attempt for p in payments), pa.uint8()),
        "phase": texts(p.phase.value for p in payments),
        "amount": numbers((p.amount for p in payments), pa.int64()),
        "currency": texts(p.currency for p in payments),
        "method": texts(p.method.kind.value for p in payments),
        "card": texts(p.method.token for p in payments),
        "bin": texts(p.method.bin for p in payments),
        "issuer_country": texts(p.method.country for p in payments),
        "customer": texts(None if p.customer is None else p.customer.id for p in payments),
        "customer_since": times_or_null((p.customer or NO_CUSTOMER).created_at for p in payments),
        "device": texts(p.device_id for p in payments),
        "ip_network": pa.array(networks.hashed(p.ip for p in payments), pa.string()),
        "email": texts(p.email_token for p in payments),
        "delivery_address": texts(p.delivery_address_token for p in payments),
        "merchant_id": texts(p.merchant.id for p in payments),
        "mcc": texts(p.merchant.mcc for p in payments),
        "merchant_country": texts(p.merchant.country for p in payments),
        "channel": texts(p.channel.value for p in payments),
        **_authentication([p.authentication or NO_AUTHENTICATION for p in payments]),
        "metadata": pa.array([_text_pairs(p) for p in payments], TEXT_MAP),
        "redacted": lists(row.facts or () for row in rows),
        **coordinates(rows),
    }


def _authentication(results: Sequence[Authentication]) -> Columns:
    return {
        "three_ds_version": texts(a.three_ds_version for a in results),
        "three_ds_result": texts(a.three_ds_result for a in results),
        "eci": texts(a.eci for a in results),
        "liability_shift": numbers((a.liability_shift for a in results), pa.bool_()),
        "sca_exemption_asked": texts(a.sca_exemption for a in results),
        "merchant_initiated": numbers((a.merchant_initiated for a in results), pa.bool_()),
        "avs_result": texts(a.avs_result for a in results),
        "cvv_result": texts(a.cvv_result for a in results),
    }


def _text_pairs(payment: Payment) -> list[tuple[str, str]]:
    """Metadata as text, as JSON writes it; null is empty."""
    return [(name, _text(value)) for name, value in (payment.metadata or {}).items()]


def _text(value: str | float | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
