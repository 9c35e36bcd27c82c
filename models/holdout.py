"""A small share of payments approved against the policy, so that labels exist for what it would not approve.

Who is drawn depends on a keyed hash of the card or customer: the same one is drawn, or not, in every attempt
and phase, on every machine, until the salt changes. The propensity is logged with each decision, so that
later estimates can weigh by it (Horvitz and Thompson 1952).

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

from models.money import AMOUNT_MAX

DAY_MS: Final = 86_400_000
CERTAIN: Final = 1_000_000
PURPOSE: Final = "holdout"


class HoldoutDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`share` (micro-units) of cards or customers is approved, for at most `daily_cap` EUR cents a day."""

    share: Annotated[int, Meta(ge=1, le=CERTAIN)]
    daily_cap: Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
    by: Literal["card", "customer"] = "card"
    salt: Annotated[str, Meta(max_length=128)] = ""


def seed_of(purpose: str, salt: str) -> int:
    """The key of the hash: draws for different purposes or with different salts are independent."""
    return int(xxhash.xxh3_64_intdigest(f"{len(purpose)}|{purpose}|{salt}".encode()))


def drawn(key: int, seed: int, share: int) -> bool:
    """Whether this 64-bit key belongs to the share (micro-units).

    >>> seed = seed_of("example", "")
    >>> sum(drawn(key, seed, 10_000) for key in range(10_000))
    99
    """
    digest: int = xxhash.xxh3_64_intdigest(key.to_bytes(8, "little"), seed=seed)
    return digest * CERTAIN < share << 64


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
        approved, propensity = np.zeros(len(keys), np.bool_), np.zeros(len(keys), np.int64)
        seed = seed_of(PURPOSE, document.salt)
        columns = (keys.tolist(), (times // DAY_MS).tolist(), np.maximum(amounts, 0).tolist())
        for row, (key, day, amount) in enumerate(zip(*columns, strict=True)):
            if day > self.day:
                self.day, self.spent = day, 0
            if self.spent + amount > document.daily_cap:
                continue
            propensity[row] = document.share
            if drawn(key, seed, document.share):
                approved[row] = True
                self.spent += amount
        return approved, propensity

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
