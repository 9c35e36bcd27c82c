"""A small share of payments approved against the policy, so that labels exist for what it would not approve.

The draw is by a keyed hash of the card or customer (`models.cohort_draw`): the same one is drawn, or not, in
every attempt and phase, on every machine, until the salt changes. The propensity is logged with each
decision, so that later estimates can weigh by it (Horvitz and Thompson 1952).

Invariants
- Money approved by the draw on one engine day (UTC) never exceeds the daily cap that is in effect. A payment
  that does not fit is not approved, and its propensity is 0.
- Rows are taken in order of the log and engine time never runs back, so cutting batches differently changes
  nothing.
- State is two numbers: the day and what was spent on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
import numpy as np
import xxhash
from msgspec import Meta
from numpy.typing import NDArray

from models.cohort_draw import draw_seed, in_share
from models.money import AMOUNT_MAX
from models.units import DAY_MS, MICRO

PURPOSE: Final = "holdout"


class HoldoutDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which payments the draw approves."""

    share: Annotated[int, Meta(ge=1, le=MICRO)]
    """Share of cards or customers."""
    daily_cap: Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
    """EUR cents it may approve in a day."""
    by: Literal["card", "customer"] = "card"
    """Whether the share is drawn by card or by customer."""
    salt: Annotated[str, Meta(max_length=128)] = ""
    """Another salt draws others."""


@dataclass
class HoldoutBudget:
    """What has been approved by the draw today: changed by every judged batch, kept in snapshots."""

    day: int = -1
    spent: int = 0

    def draw(
        self,
        document: HoldoutDocument,
        keys: NDArray[np.uint64],
        times: NDArray[np.int64],
        amounts: NDArray[np.int64],
    ) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Whether each payment is approved by the draw, and how likely that was (micro-units).

        Only payments that may be: keys of their card or customer, engine times (ms, in order), EUR cents.
        """
        approved = in_share(keys, draw_seed(PURPOSE, document.salt), document.share)
        fits = self._fits(approved, times // DAY_MS, np.maximum(amounts, 0), document.daily_cap)
        return approved & fits, np.where(fits, document.share, 0)

    def _fits(
        self, wanted: NDArray[np.bool_], days: NDArray[np.int64], amounts: NDArray[np.int64], cap: int
    ) -> NDArray[np.bool_]:
        """Whether there is room for each payment when its turn comes; what is wanted and fits is spent."""
        fits = np.zeros(len(days), np.bool_)
        columns = (wanted.tolist(), days.tolist(), amounts.tolist())
        for row, (take, day, amount) in enumerate(zip(*columns, strict=True)):
            if day > self.day:
                self.day, self.spent = day, 0
            if self.spent + amount <= cap:
                fits[row] = True
                self.spent += amount * take
        return fits

    def arrays(self) -> dict[str, NDArray[np.int64]]:
        """What a snapshot keeps."""
        return {"budget": np.array([self.day, self.spent], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.int64]]) -> "HoldoutBudget":
        """The inverse of `arrays`."""
        day, spent = arrays["budget"].tolist()
        return cls(day, spent)

    def logical_hash(self) -> int:
        """64 bits over the state."""
        return int(xxhash.xxh3_64_intdigest(f"{self.day}|{self.spent}".encode()))
