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
    int, Meta(ge=-(2**62), le=2**62, description="In minor units of its currency, by ISO 4217's exponent")
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
    """The payment instrument."""

    kind: MethodKind
    """How the customer pays."""
    token: Identifier
    """Stands for the instrument; never a card number."""
    bin: Annotated[str, Meta(min_length=6, max_length=8)] | None = None
    """First six to eight digits of a card."""
    country: Country | None = None
    """The card issuer's country."""


class Customer(Struct, frozen=True, gc=False):
    """The merchant's customer."""

    id: Identifier
    """The merchant's name for the customer."""
    created_at: Millis | None = None
    """Since when the merchant has known them."""


class Merchant(Struct, frozen=True, gc=False):
    """The merchant who is paid."""

    id: Identifier
    """The payment service's name for the merchant."""
    mcc: Annotated[str, Meta(min_length=4, max_length=4)] | None = None
    """ISO 18245 merchant category code."""
    country: Country | None = None
    """The merchant's country."""


class Authentication(Struct, frozen=True, gc=False):
    """Results of 3-D Secure and other checks, as far as known in this phase."""

    three_ds_version: Annotated[str, Meta(max_length=16)] | None = None
    """Version of the protocol, such as 2.2.0."""
    three_ds_result: Annotated[str, Meta(max_length=16, description="transStatus: Y N A U C R I")] | None = (
        None
    )
    """The protocol's transStatus."""
    eci: Annotated[str, Meta(max_length=2, description="electronic commerce indicator")] | None = None
    """How the payment was authenticated, in the scheme's code."""
    liability_shift: bool | None = None
    """Whether the issuer bears the loss of a fraud."""
    sca_exemption: Annotated[str, Meta(max_length=32, description="exemption asked for")] | None = None
    """The exemption from strong customer authentication that was asked for."""
    merchant_initiated: bool = False
    """The payer is not present: a subscription, an instalment."""
    avs_result: Annotated[str, Meta(max_length=4)] | None = None
    """The issuer's check of the billing address."""
    cvv_result: Annotated[str, Meta(max_length=4)] | None = None
    """The issuer's check of the security code."""


class Location(Struct, frozen=True, gc=False):
    """Where the payer's device or the terminal is (WGS 84)."""

    latitude: Annotated[float, Meta(ge=-90, le=90)]
    """Degrees, north is positive."""
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    """Degrees, east is positive."""


class Payment(Struct, frozen=True, gc=False, tag="payment", tag_field="type"):
    """One payment attempt in one phase. Optional fields may be absent or null."""

    merchant_account: Identifier
    """The payment service's account that the payment belongs to."""
    payment_id: Identifier
    """Unique in its account; all attempts of a payment share it."""
    occurred_at: Millis
    """When the customer paid."""
    amount: MinorUnits
    """How much is paid."""
    currency: Currency
    """What the amount is in."""
    method: Method
    """The payment instrument."""
    merchant: Merchant
    """The merchant who is paid."""
    attempt: Annotated[int, Meta(ge=1, le=255)] = 1
    """Counts attempts from 1; a soft decline comes back as the next one."""
    phase: Phase = Phase.PRE_AUTH
    """When in the life of the attempt the decision is asked for."""
    customer: Customer | None = None
    """The customer, where the merchant knows them."""
    device_id: Identifier | None = None
    """Token of the payer's device."""
    ip: Annotated[str, Meta(min_length=1, max_length=45, description="IPv4 or IPv6")] | None = None
    """Address of the payer's device."""
    email_token: Identifier | None = None
    """Token of the payer's e-mail address."""
    delivery_address_token: Identifier | None = None
    """Token of the address that goods are delivered to."""
    channel: Channel = Channel.ECOMMERCE
    """Where the payment is made."""
    authentication: Authentication | None = None
    """What is known of authentication in this phase."""
    metadata: Annotated[dict[str, Scalar], Meta(max_length=50)] | None = None
    """The payment service's own fields, which rules can read."""
    location: Location | None = None
    """Where the payer's device or the terminal is."""
