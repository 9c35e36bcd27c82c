"""How strong customer authentication is judged here: part of the policy's document."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from models.messages import Country, Identifier

HIGH_RISK_COUNTRIES: Final = ("IR", "KP", "MM")
"""Under the FATF's call for action (its "black list"); name your own, and keep them current."""


class ScaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How strong customer authentication is judged: part of a policy's document."""

    entity: Identifier | None = None
    """The legal entity whose TRA band counts; without, there is no TRA exemption."""
    enforce: bool = False
    """An approval that lacks a required authentication becomes a challenge; otherwise the decision only says
    that it is required.
    """
    tra_probability_below: Annotated[int, Meta(ge=0, le=1_000_001)] = 10_000
    """The TRA exemption needs a probability of fraud (micro-units) below this."""
    high_risk_countries: tuple[Country, ...] = HIGH_RISK_COUNTRIES
    """Of payees, for Article 18(2)(c)(vi)."""
    low_value_counter: Literal["either", "amount", "count"] = "either"
    """Which limit of Article 16 is kept: the amount's, the number's, or the more lenient one; EBA-Op-2018-04
    (43) wants one of the two.
    """
    acquirer_country: Country | None = None
    """Where the payee's provider is; without, the merchant's country."""
    no_shift_countries: tuple[Country, ...] = ()
    """Of issuers that bear no loss even of an authenticated payment."""
