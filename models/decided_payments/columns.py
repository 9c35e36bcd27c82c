"""Decided payments as columns: one row an attempt, with what was decided, what happened and what is known.

This is what reports are computed from, whether it was read from the log (`from_messages`) or from the
warehouse. Payments that are alike in all that counts may be one row, which says how many it stands for
(`gathering`): its amounts are then sums, and its probability the mean.

Of an attempt's decisions in several phases the one counts that stopped or slowed it: the last that did not
approve; where all approved, the first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Bools, Codes, Int64s
from models.policy import APPROVE
from models.sca import is_mastercard
from models.verdict_value import LabelCode

Texts = NDArray[np.object_]
NEVER: Final = -1
"""In place of a time: it did not happen, or is not known."""
SUM_MAX: Final = 2**62
"""Minor units captured or paid back of one payment count up to here: what is more comes of a mistake, and no
number of 64 bits may overflow."""


@dataclass(frozen=True)
class DecidedPayments:
    """n rows in order of their decisions; every array has shape (n,). Times are UTC epoch ms."""

    payments: Int64s
    """How many payments the row stands for."""
    accounts: Texts
    """Merchant accounts; empty where a row stands for several payments, as all that tells them apart."""
    payment_ids: Texts
    """Unique within the account."""
    attempts: Int64s
    """1 for the first."""
    merchants: Texts
    """Who is paid."""
    countries: Texts
    """Of the merchants; None where unknown."""
    methods: Texts
    """`models.messages.MethodKind`."""
    schemes: Texts
    """`visa`, `mastercard`; None where the card's BIN does not say, and for other methods."""
    bins: Texts
    """First six to eight digits; None where unknown."""
    cards: Texts
    """Tokens of the instruments; None where unknown."""
    devices: Texts
    """Tokens of the payers' devices; None where unknown."""
    at_terminal: Bools
    """The card was present."""
    amounts: Int64s
    """Minor units of `currencies`."""
    currencies: Texts
    """What the amounts are in."""
    reference_amounts: Int64s
    """EUR cents by the dated table of exchange rates, as decided."""
    occurred_at: Int64s
    """When the payment was made."""
    decided_at: Int64s
    """Engine time of the decision."""
    verdicts: Codes
    """Codes of `models.policy.VERDICTS`."""
    decided_by: Codes
    """Codes of `models.policy.DecidedBy`."""
    hits: Texts
    """Tuples of the rules that hit."""
    rulesets: Texts
    """Version of the ruleset; None where none was live."""
    models: Texts
    """Version of the model; None where none was live."""
    probability_micro: Int64s
    """Calibrated probability of fraud, micro-units; -1 where there is none."""
    degraded: Bools
    """Something could not be used."""
    shifted_before: Bools
    """The issuer would bear a fraud without a challenge of ours."""
    authenticated: Bools
    """By 3-D Secure, before or after the decision."""
    authorised_at: Int64s
    """When the issuer approved."""
    declined_at: Int64s
    """When the issuer declined."""
    captured_at: Int64s
    """When it was captured first."""
    captured: Int64s
    """How much was captured, minor units."""
    refunded: Int64s
    """How much was paid back, minor units."""
    voided: Bools
    """The authorisation was given back."""
    labels: Codes
    """`models.verdict_value.LabelCode` of the label that stands."""
    known_at: Int64s
    """When the label that stands was known."""
    fraud_known_at: Int64s
    """When it was first known as fraud; `NEVER` for what does not stand as fraud."""

    def __len__(self) -> int:
        return len(self.verdicts)

    @property
    def has_outcomes(self) -> bool:
        """Whether anything is known of what became of any payment: some senders send no outcomes."""
        happened = (self.authorised_at, self.declined_at, self.captured_at)
        return any(bool((times != NEVER).any()) for times in happened)

    @property
    def let_through(self) -> Bools:
        """Executed, and not wholly paid back."""
        paid_back = (self.refunded > 0) & (self.refunded >= np.maximum(self.captured, 1))
        return np.asarray(self.executed & ~paid_back, np.bool_)

    @property
    def executed(self) -> Bools:
        """Went through, whether or not the money came back: authorised or captured, and not voided. Where no
        outcomes are sent at all: approved. What was approved, has no outcome, and became known as fraud went
        through too.
        """
        went = (self.authorised_at != NEVER) | (self.captured_at != NEVER)
        silent = (self.verdicts == APPROVE) & (self.authorised_at == NEVER) & (self.declined_at == NEVER)
        went |= silent & np.isin(self.labels, (LabelCode.FRAUD, LabelCode.FRIENDLY))
        if not self.has_outcomes:
            went = self.verdicts == APPROVE
        return np.asarray(went & ~self.voided, np.bool_)

    @property
    def issuer_declined(self) -> Bools:
        """The issuer declined, and did not approve."""
        declined = (self.declined_at != NEVER) & (self.authorised_at == NEVER)
        return np.asarray(declined & (self.captured_at == NEVER), np.bool_)

    @property
    def by_card(self) -> Bools:
        """Paid with a card, also one in a wallet."""
        return np.asarray((self.methods == "card") | (self.methods == "wallet"), np.bool_)

    def taken(self, chosen: Bools) -> "DecidedPayments":
        """The chosen rows."""
        return DecidedPayments(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})


def concatenated(parts: Iterable[DecidedPayments]) -> DecidedPayments:
    """The rows of several parts, at least one, one after the other."""
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return DecidedPayments(*(np.concatenate(column) for column in columns))


def scheme_of(bin_digits: str | None) -> str | None:
    """The card scheme by the first digits (ISO/IEC 7812 ranges): Visa 4; Mastercard 51-55 and 2221-2720.

    >>> [scheme_of(digits) for digits in ("411111", "555555", "272099", "272100", "371234", None)]
    ['visa', 'mastercard', 'mastercard', None, None, None]
    """
    if bin_digits is None:
        return None
    if bin_digits.startswith("4"):
        return "visa"
    return "mastercard" if is_mastercard(bin_digits) else None
