"""How strong customer authentication is judged here: part of the policy's document."""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from models.messages import Country, Identifier

HIGH_RISK_COUNTRIES: Final = ("IR", "KP", "MM")
"""Under the FATF's call for action (its "black list"); name your own, and keep them current."""


class ScaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`entity`: the legal entity whose TRA band counts; without, there is no TRA exemption. `enforce`: an
    approval that still lacks a required authentication becomes a challenge; otherwise the decision only says
    that it is required. `tra_probability_below`: the exemption needs a probability of fraud (micro-units)
    under this. `high_risk_countries`: of payees, for Article 18(2)(c)(vi). `low_value_counter`: which limit
    of Article 16 is kept, the amount's, the number's, or whichever is the more lenient; EBA-Op-2018-04 (43)
    wants one of the two. `acquirer_country`: where the payee's provider is; without, the merchant's country
    stands for it. `no_shift_countries`: of issuers that bear no loss even of an authenticated payment.
    """

    entity: Identifier | None = None
    enforce: bool = False
    tra_probability_below: Annotated[int, Meta(ge=0, le=1_000_001)] = 10_000
    high_risk_countries: tuple[Country, ...] = HIGH_RISK_COUNTRIES
    low_value_counter: Literal["either", "amount", "count"] = "either"
    acquirer_country: Country | None = None
    no_shift_countries: tuple[Country, ...] = ()
