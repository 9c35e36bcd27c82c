"""A payment attempt to be decided: what a payment service puts on Kafka.

One attempt is known by (merchant account, payment id, attempt, phase). A soft decline comes back as the next
`attempt`; a decision is asked for before authorisation, after 3-D Secure or after authorisation (`phase`).
Instruments, devices and e-mail addresses come as tokens: no card number ever enters a topic.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

Identifier = Annotated[str, Meta(min_length=1, max_length=128)]
Country = Annotated[str, Meta(min_length=2, max_length=2, description="ISO 3166-1 alpha-2")]
Currency = Annotated[str, Meta(min_length=3, max_length=3, description="ISO 4217 alphabetic code")]
Millis = Annotated[
    int, Meta(ge=0, le=253_402_300_799_999, description="UTC epoch milliseconds, at most year 9999")
]
MinorUnits = Annotated[
    int,
    Meta(ge=-(2**62), le=2**62, description="amount in minor units of its currency, by ISO 4217's exponent"),
]
Scalar = str | int | float | bool | None


class Phase(StrEnum):
    """When in the life of an attempt a decision is asked for."""

    PRE_AUTH = "pre_auth"
    POST_3DS = "post_3ds"
    POST_AUTH = "post_auth"


class MethodKind(StrEnum):
    """How the customer pays."""

    CARD = "card"
    WALLET = "wallet"
    BANK_DEBIT = "bank_debit"
    BANK_TRANSFER = "bank_transfer"
    PAY_LATER = "pay_later"


class Channel(StrEnum):
    """Where the payment was made."""

    ECOMMERCE = "ecommerce"
    APP = "app"
    POS = "pos"
    MOTO = "moto"
    RECURRING = "recurring"


class Method(Struct, frozen=True, gc=False):
    """The payment instrument. `token` stands for it; `bin` and `country` (the issuer's) are given for
    cards.
    """

    kind: MethodKind
    token: Identifier
    bin: (
        Annotated[str, Meta(min_length=6, max_length=8, description="first 6 or 8 digits of the card")] | None
    ) = None
    country: Country | None = None


class Customer(Struct, frozen=True, gc=False):
    """The merchant's customer and since when the merchant knows them."""

    id: Identifier
    created_at: Millis | None = None


class Merchant(Struct, frozen=True, gc=False):
    """Who is paid. `mcc` is the ISO 18245 merchant category code."""

    id: Identifier
    mcc: Annotated[str, Meta(min_length=4, max_length=4)] | None = None
    country: Country | None = None


class Authentication(Struct, frozen=True, gc=False):
    """Hints about 3-D Secure and strong customer authentication, as far as known in this phase."""

    three_ds_version: Annotated[str, Meta(max_length=16)] | None = None
    three_ds_result: Annotated[str, Meta(max_length=16, description="transStatus: Y N A U C R I")] | None = (
        None
    )
    eci: Annotated[str, Meta(max_length=2, description="electronic commerce indicator")] | None = None
    liability_shift: bool | None = None
    sca_exemption: Annotated[str, Meta(max_length=32, description="exemption asked for")] | None = None
    merchant_initiated: bool = False
    avs_result: Annotated[str, Meta(max_length=4)] | None = None
    cvv_result: Annotated[str, Meta(max_length=4)] | None = None


class Location(Struct, frozen=True, gc=False):
    """Where the payer's device or the terminal is, in degrees (WGS 84)."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class Payment(Struct, frozen=True, gc=False, tag="payment", tag_field="type"):
    """One payment attempt in one phase. Optional fields may be absent or null."""

    merchant_account: Identifier
    payment_id: Identifier
    occurred_at: Millis
    amount: MinorUnits
    currency: Currency
    method: Method
    merchant: Merchant
    attempt: Annotated[int, Meta(ge=1, le=255)] = 1
    phase: Phase = Phase.PRE_AUTH
    customer: Customer | None = None
    device_id: Identifier | None = None
    ip: Annotated[str, Meta(min_length=1, max_length=45, description="IPv4 or IPv6")] | None = None
    email_token: Identifier | None = None
    delivery_address_token: Identifier | None = None
    channel: Channel = Channel.ECOMMERCE
    authentication: Authentication | None = None
    metadata: Annotated[dict[str, Scalar], Meta(max_length=50)] | None = None
    location: Location | None = None
