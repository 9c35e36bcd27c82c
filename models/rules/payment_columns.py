"""The columns of a payment that rules may read in addition to the catalogue's features."""

from typing import Final

from models.rules.language import Schema

PAYMENT_COLUMNS: Final[Schema] = {
    "amount": "number",
    "reference_amount": "number",
    "currency": "text",
    "method": "text",
    "method_country": "text",
    "ip_country": "text",
    "bin": "text",
    "merchant_id": "text",
    "merchant_country": "text",
    "mcc": "text",
    "channel": "text",
    "phase": "text",
    "customer_age_days": "number",
    "attempt": "number",
    "probability": "number",
    "challenger_probability": "number",
    "issuer_country": "text",
    "bin_type": "text",
    "bin_prepaid": "boolean",
    "mcc_group": "text",
    "three_ds_result": "text",
    "three_ds_version": "text",
    "eci": "text",
    "liability_shift": "boolean",
    "sca_exemption": "text",
    "merchant_initiated": "boolean",
    "avs_result": "text",
    "cvv_result": "text",
    "soft_declined": "boolean",
    "card": "text",
    "customer": "text",
    "device": "text",
    "ip": "text",
    "email": "text",
}
"""What the engine offers in addition to the catalogue's features (which are numbers) and `metadata.KEY`.

`amount` is in minor units of `currency`, `reference_amount` in EUR cents; `method`, `channel` and `phase` are
the contract's words; `customer_age_days`, `probability` and `challenger_probability` (0..1) are NaN when
unknown. `issuer_country`, `bin_type` (credit, debit) and `bin_prepaid` come from the BIN table, `mcc_group`
from the table of merchant categories. `soft_declined`: the attempt before this one was soft-declined. `card`,
`customer`, `device`, `ip` and `email` are tokens, to be looked for on lists.
"""
