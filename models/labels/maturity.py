"""How much longer a silent payment may still turn out to be fraud: learned from how late frauds are reported.

Of the frauds of recent payments only the quickly reported ones are known yet: delays are right-truncated by
the age their payment has now, and a plain histogram of them would make frauds look faster than they are. The
estimator is the product-limit one in reversed time: going from the longest delay down,

    F(d) = product over j > d of (1 - n_j / N_j)

where n_j frauds were reported after exactly j days, and N_j after at most j days, of payments that are at
least j days old (only those could have shown a delay of j). Lagakos, Barraj and De Gruttola (1988),
"Nonparametric analysis of truncated survival data, with application to AIDS", Biometrika 75, 515-523;
in discrete time Kalbfleisch and Lawless (1989), JASA 84, 360-372.

What is later than the oldest payment's age cannot be learned: F is the share of frauds reported within
`oldest_days`. Give the estimator payments that are old enough, 120 days and more for card payments.

Days are whole ones, rounded down: an age of 2.9 days is 2. Only products of fractions, so every machine gets
the same digits.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Self

import numpy as np
from msgspec import Struct

from models.arrays import Floats
from models.units import DAY_MS


class TooFewFrauds(ValueError):  # noqa: N818 - what it is, in plain words
    """Without a reported fraud nothing can be learned of delays."""


class Maturity(Struct, frozen=True):
    """The delay curve: `shares[d]` of frauds are reported within d days, of those reported within
    `oldest_days`. `frauds` it was learned from, as of `as_of` (ms).

    Four payments are 3 days old or more and were reported after 0, 1, 1 and 3 days; two are a day old and
    were reported at once. After 3 days: 1 of 4. After 2: none. After 1: 2 of the 5 (the two young ones
    included) that were reported within a day. So F(2) = 3/4 and F(0) = 3/4 * 3/5:

    >>> curve = Maturity.learn([0, 1, 1, 3, 0, 0], [3, 5, 9, 4, 1, 1])
    >>> [round(share, 4) for share in curve.shares[:5]], curve.oldest_days
    ([0.45, 0.75, 0.75, 1.0, 1.0], 9)
    >>> curve.share(2.9), curve.share(400), curve.share(-1)
    (0.75, 1.0, 0.0)
    >>> curve.age_days(0.5), curve.age_days(0.99)
    (1, 3)
    """

    shares: tuple[float, ...]
    frauds: int
    as_of: int = 0

    def __post_init__(self) -> None:
        """Raises `ValueError` for what is no delay curve: one is read from a file."""
        if not self.shares or not 0 <= self.shares[0] <= self.shares[-1] <= 1:
            raise ValueError("shares of frauds reported must be given, from 0 to 1")
        if any(left > right for left, right in pairwise(self.shares)):
            raise ValueError("shares of frauds reported must not fall")

    @classmethod
    def learn(cls, delay_days: Sequence[int], age_days: Sequence[int], as_of: int = 0) -> Self:
        """From reported frauds: days from payment to first report, and from payment to now. Raises
        `TooFewFrauds` without any, `ValueError` where a delay is negative or longer than its age.
        """
        _check(delay_days, age_days)
        oldest = max(age_days)
        reported, within = _counts(delay_days, age_days, oldest)
        shares = [1.0] * (oldest + 1)
        for day in range(oldest, 0, -1):
            kept = 1.0 if reported[day] == 0 else 1.0 - reported[day] / within[day]
            shares[day - 1] = shares[day] * kept
        return cls(tuple(shares), len(delay_days), as_of)

    @classmethod
    def of_times(cls, occurred_at: Sequence[int], known_at: Sequence[int], as_of: int) -> Self:
        """From times in ms: of payments and of the first evidence of fraud. What is later than `as_of` is
        left out, as it was not known then.
        """
        pairs = [(o, k) for o, k in zip(occurred_at, known_at, strict=True) if k <= as_of]
        delays = [(known - occurred) // DAY_MS for occurred, known in pairs]
        return cls.learn(delays, [(as_of - occurred) // DAY_MS for occurred, _ in pairs], as_of)

    @property
    def oldest_days(self) -> int:
        """Beyond this age nothing is known of delays."""
        return len(self.shares) - 1

    def share(self, age_days: float) -> float:
        """The share (0..1) of eventual frauds among payments of this age that have been reported."""
        return 0.0 if age_days < 0 else self.shares[min(int(age_days), self.oldest_days)]

    def shares_at(self, age_days: Floats) -> Floats:
        """`share` of many ages at once."""
        days = np.clip(age_days, -1, self.oldest_days)
        return np.where(days < 0, 0.0, np.array(self.shares)[np.maximum(days, 0).astype(np.int64)])

    def silent_weight(self, age_days: float, prior: float) -> float:
        """How likely a payment that is still silent at this age is legitimate; the weight it has as a
        negative. `prior`: share of payments that turn out to be fraud, sooner or later.

        With a fraud in a hundred, of which 3 in 4 are reported by now, 0.99 of 0.99 + 0.0025:

        >>> round(Maturity((0.75, 1.0), 4).silent_weight(0, 0.01), 6)
        0.997481
        """
        if not 0 <= prior < 1:
            raise ValueError(f"prior {prior} is not a share of payments: 0 to below 1")
        legitimate = 1.0 - prior
        return legitimate / (legitimate + prior * (1.0 - self.share(age_days)))

    def age_days(self, share: float) -> int:
        """The first age (days) at which at least this share of frauds has been reported."""
        if not 0 < share <= 1:
            raise ValueError(f"share {share} is not above 0 and at most 1")
        return bisect_left(self.shares, share)


def _check(delay_days: Sequence[int], age_days: Sequence[int]) -> None:
    if not delay_days:
        raise TooFewFrauds(
            "no fraud has been reported yet: there are no delays to learn maturity from. Take an earlier "
            "start, a later date, or a stated maturity"
        )
    for delay, age in zip(delay_days, age_days, strict=True):
        if not 0 <= delay <= age:
            raise ValueError(f"a fraud reported {delay} days after its payment, which is {age} days old")


def _counts(delay_days: Sequence[int], age_days: Sequence[int], oldest: int) -> tuple[list[int], list[int]]:
    """By day j: frauds reported after j days, and those with delay <= j <= age."""
    reported, change = [0] * (oldest + 1), [0] * (oldest + 2)
    for delay, age in zip(delay_days, age_days, strict=True):
        reported[delay] += 1
        change[delay] += 1
        change[age + 1] -= 1
    return reported, list(accumulate(change[:-1]))
