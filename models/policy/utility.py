"""Expected utility of each verdict for one party, in micro-cents (cents x 10**-6), relative to decline = 0.

p is the calibrated probability of fraud, q = 1 - p, M the margin, L the loss of a fraud (goods, chargeback
fee, scheme cost), S what is left of it when the issuer bears the loss (scheme cost alone: a shifted fraud
still counts at the scheme, and no margin is counted on it).

    approve    q M - p (S if shifted else L)
    challenge  q keeps M - p passes (S if shifts else L) - cost
               keeps = (1 - abandonment) (1 - failure) (1 + uplift)
    review     q (1 - lost) M - p misses (S if shifted else L) - price
    decline    0

The price of a review is cost x room / (room - waiting), room = capacity per hour x hours_max: it doubles when
half of the room is taken and there is none for more when all is. It follows the last `ReviewLoad` on the
log alone, so two judges of one log agree; without one, or with one too old, the queue is taken as empty.

These are the figures for explanations and reports; the kernel that decides computes the same
(`models.policy.verdict_kernel`). All in 64-bit integers, each division rounded down. Bounds: amounts are cut
to 0..10**12 - 1 cents, so |utility| <= 2 x 10**6 x 1.0002 x 10**12 + 10**6 x (1.0002 x 10**12 + 10**9)
< 3.1 x 10**18 < 2**62.
"""

from collections.abc import Mapping

import numpy as np

from models.arrays import Int64s
from models.messages import ReviewLoad
from models.money import AMOUNT_MAX
from models.policy.parameters import NO_ROOM, PRICE_MAX
from models.policy.rows import CHALLENGE, REVIEW, PolicyRows
from models.policy.verdict_kernel import IMPOSSIBLE
from models.units import BASIS_POINTS, MICRO

CostColumns = Mapping[str, Int64s]
"""As `models.policy.parameters.ParameterTable` gives them."""


def utilities(rows: PolicyRows, columns: CostColumns, load: ReviewLoad | None) -> Int64s:
    """Micro-cents, shape (4, n), rows as in `VERDICTS`.

    Where there is no probability the figures are those of a certain fraud; the caller must not use them.
    """
    fraud = np.where(rows.probability_micro < 0, MICRO, rows.probability_micro)
    good = MICRO - fraud
    amount = np.clip(rows.amount, 0, AMOUNT_MAX)
    margin = amount * columns["margin_bp"] // BASIS_POINTS + columns["margin_fixed"]
    loss = amount * columns["goods_bp"] // BASIS_POINTS + columns["fees"]
    now = np.where(rows.liability_shift, columns["scheme_cost"], loss)
    out = np.zeros((4, rows.n), np.int64)
    out[0] = good * margin - fraud * now
    out[CHALLENGE] = _challenge(rows, columns, good, fraud, margin, loss)
    out[REVIEW] = _review(columns, good, fraud, margin, now, price(rows.times, columns, load))
    return out


def _challenge(
    rows: PolicyRows, columns: CostColumns, good: Int64s, fraud: Int64s, margin: Int64s, loss: Int64s
) -> Int64s:
    shifts = columns["shifts"] == 1
    if rows.shifts_if_challenged is not None:
        shifts = shifts & rows.shifts_if_challenged
    passed = np.where(shifts, columns["scheme_cost"], loss)
    kept = good * columns["keeps"] // MICRO * margin
    gain = kept - fraud * columns["passes"] // MICRO * passed - MICRO * columns["challenge_cost"]
    return np.where(rows.can_challenge, gain, IMPOSSIBLE)


def _review(
    columns: CostColumns, good: Int64s, fraud: Int64s, margin: Int64s, now: Int64s, prices: Int64s
) -> Int64s:
    kept = good * columns["finds_good"] // MICRO * margin
    gain = kept - fraud * columns["misses"] // MICRO * now - MICRO * prices
    return np.where(prices == NO_ROOM, IMPOSSIBLE, gain)


def price(times: Int64s, columns: CostColumns, load: ReviewLoad | None) -> Int64s:
    """Cents of one more review at these engine times; `NO_ROOM` where the queue takes no more."""
    cost = np.broadcast_to(columns["review_cost"], times.shape)
    if load is None:
        return cost
    room = load.capacity_per_hour * columns["hours_max"]
    left = room - load.waiting
    raised = np.minimum(cost * room // np.maximum(left, 1), PRICE_MAX)
    is_current = times - load.as_of <= columns["valid_ms"]
    return np.where(is_current, np.where(left > 0, raised, NO_ROOM), cost)
