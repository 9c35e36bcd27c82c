"""What a world is made from, and how a payment's id carries it.

An id is `wld<seed>s<first day>n<payments a day>f<fraud in 1/10000>-<twelve letters>`: the letters are the
payment's index, shuffled by a reversible permutation.
"""

import re
from dataclasses import dataclass
from typing import Final

from models.units import DAY_MS

SEED_MAX: Final = 2**31 - 1
PER_DAY_MAX: Final = 10_000_000
DAYS_MAX: Final = 8_192
_ID: Final = re.compile(r"wld(\d{1,10})s(\d{1,6})n(\d{1,8})f(\d{1,4})-([a-z]{12})")


@dataclass(frozen=True)
class WorldParameters:
    """Everything that decides who pays what, and when."""

    seed: int
    first_day: int
    """Days since 1970."""

    per_day: int
    """Payments of an average day at the beginning."""

    fraud: int
    """Fraudulent attempts, in ten-thousandths."""

    def __post_init__(self) -> None:
        if not 1 <= self.per_day <= PER_DAY_MAX:
            raise ValueError(f"{self.per_day} payments a day are not within 1..{PER_DAY_MAX}")
        if not 0 <= self.fraud <= 2_000:
            raise ValueError(f"a share of fraud of {self.fraud / 10_000} is not within 0..0.2")
        if not 0 <= self.first_day <= 900_000:
            raise ValueError(f"day {self.first_day} since 1970 is not within 0..900000")

    @property
    def prefix(self) -> str:
        """What every id of this world begins with."""
        return f"wld{self.seed}s{self.first_day}n{self.per_day}f{self.fraud}-"

    @property
    def start_ms(self) -> int:
        """Epoch milliseconds of the first day's beginning."""
        return self.first_day * DAY_MS


def checked_seed(seed: int) -> int:
    """The seed. Raises ValueError where it is none."""
    if not 0 <= seed <= SEED_MAX:
        raise ValueError(f"seed {seed} is not within 0..{SEED_MAX}")
    return seed


def parsed_world_id(payment_id: str) -> tuple[WorldParameters, str]:
    """World and shuffled index of an id. Raises ValueError for other ids."""
    match = _ID.fullmatch(payment_id)
    if match is None:
        raise ValueError(
            f"{payment_id!r} is not the id of a world's payment (wld<seed>s<day>n<a day>f<fraud>-<letters>)"
        )
    *numbers, word = match.groups()
    parameters = WorldParameters(*map(int, numbers))
    checked_seed(parameters.seed)
    return parameters, word
