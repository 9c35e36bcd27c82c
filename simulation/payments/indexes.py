"""The index of a payment: which session of ordinary life or which campaign of fraud, and which of its steps.

48 bits. Ordinary: 0, day (13), session of the day (28), step (6). Fraud: 1, scenario (4), day on which the
campaign began (13), campaign of that day (14), step (16).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Int64s, UInt64s

FRAUD_BIT: Final = np.uint64(1 << 47)
STEPS_MAX: Final = 1 << 6
SESSIONS_MAX: Final = 1 << 28
CAMPAIGNS_MAX: Final = 1 << 14


def _u(values: Int64s | UInt64s | int) -> UInt64s:
    return np.asarray(values).astype(np.uint64)


@dataclass(frozen=True)
class SessionSteps:
    """Steps of sessions of ordinary life, as parallel columns."""

    day: Int64s
    session: Int64s
    step: Int64s

    @property
    def key(self) -> UInt64s:
        """The session, whatever the step."""
        return _u(self.day) << np.uint64(28) | _u(self.session)

    @property
    def index(self) -> UInt64s:
        """The payment."""
        return self.key << np.uint64(6) | _u(self.step)

    @classmethod
    def of(cls, index: UInt64s) -> "SessionSteps":
        """The inverse of `index`."""
        return cls(
            (index >> np.uint64(34)).astype(np.int64) & 0x1FFF,
            (index >> np.uint64(6)).astype(np.int64) & (SESSIONS_MAX - 1),
            index.astype(np.int64) & (STEPS_MAX - 1),
        )

    def taken(self, rows: NDArray[Any]) -> "SessionSteps":
        """Some of the steps."""
        return SessionSteps(self.day[rows], self.session[rows], self.step[rows])


@dataclass(frozen=True)
class CampaignSteps:
    """Steps of campaigns of one scenario, as parallel columns; `day` is when the campaign began."""

    scenario: int
    day: Int64s
    number: Int64s
    step: Int64s

    @property
    def key(self) -> UInt64s:
        """The campaign, whatever the step."""
        return np.uint64(self.scenario << 27) | _u(self.day) << np.uint64(14) | _u(self.number)

    @property
    def index(self) -> UInt64s:
        """The payment."""
        return FRAUD_BIT | self.key << np.uint64(16) | _u(self.step)

    @property
    def steps(self) -> UInt64s:
        """Steps as keys of draws."""
        return _u(self.step)

    @classmethod
    def of(cls, index: UInt64s) -> "CampaignSteps":
        """The inverse of `index`, for payments of one scenario."""
        scenario = scenarios_of(index)
        assert (scenario == scenario[0]).all(), "one scenario at a time"
        return cls(
            int(scenario[0]),
            (index >> np.uint64(30)).astype(np.int64) & 0x1FFF,
            (index >> np.uint64(16)).astype(np.int64) & (CAMPAIGNS_MAX - 1),
            index.astype(np.int64) & 0xFFFF,
        )

    def taken(self, rows: NDArray[Any]) -> "CampaignSteps":
        """Some of the steps."""
        return CampaignSteps(self.scenario, self.day[rows], self.number[rows], self.step[rows])


def scenarios_of(index: UInt64s) -> Int64s:
    """Number of the scenario of each index, 0 for ordinary life."""
    number = (index >> np.uint64(43)).astype(np.int64) & 15
    return np.where(index & FRAUD_BIT != 0, number, 0)
