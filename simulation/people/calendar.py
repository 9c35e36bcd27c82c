"""How many payments a day has, and when people pay: growth, weekdays, seasons, the hours of the day.

Invariant: everything here is a function of (parameters, day), and `people` never shrinks.
"""

from typing import Final

import numpy as np

from models.arrays import Bools, Floats, Int64s, UInt64s
from models.units import DAY_MS
from simulation.chance import Chance, Purpose, chosen, cumulated
from simulation.payments import DAYS_MAX, WorldParameters

GROWTH_A_DAY: Final = 0.0008
"""Payments and people grow by so much of the first day's every day: about 29 % in a year."""

PEOPLE_PER_PAYMENT: Final = 20
PEOPLE_MIN: Final = 1_024
WEEKDAYS: Final = np.array([1.02, 1.12, 1.09, 1.04, 1.03, 0.93, 0.77])
LENGTHS: Final = cumulated(np.array([79.0, 13.0, 4.2, 1.8, 0.9, 0.5, 0.4, 0.2]))
"""How many payments a session has: one, two, ..."""

MEAN_LENGTH: Final = float(1 + (1 - LENGTHS).sum())
WORKDAY: Final = np.array([8, 5, 3, 2, 2, 4, 9, 20, 32, 42, 48, 52, 62, 56, 50, 49, 52, 60, 70, 78, 82, 74,
                           48, 22], float)  # fmt: skip
WEEKEND: Final = np.array([14, 10, 6, 4, 3, 3, 5, 10, 22, 40, 56, 64, 66, 64, 62, 60, 58, 60, 64, 68, 66, 58,
                           42, 26], float)  # fmt: skip
"""How busy each hour is, by the payer's own clock."""

GAP_MS: Final = 420_000
"""Median time between two payments of a session."""


class Calendar:
    """Days are counted from the world's first, 0.

    `steady`: every day as busy as the next, and as many sessions as its payments need.
    """

    def __init__(self, parameters: WorldParameters, chance: Chance, *, steady: bool = False) -> None:
        self._start_ms, self._chance = parameters.start_ms, chance
        days = np.arange(DAYS_MAX)
        dates = (parameters.first_day + days).astype("datetime64[D]")
        month = dates.astype("datetime64[M]")
        in_month = (dates - month).astype(np.int64) + 1
        self.weekday: Int64s = (parameters.first_day + days + 3) % 7
        season = (month.astype(np.int64) % 12 + 1) * 100 + in_month
        self.gifts: Bools = ((season >= 1120) & (season <= 1223)) | ((season >= 205) & (season <= 213))
        growth: Floats = np.ones(DAYS_MAX)
        busy: Floats = np.ones(DAYS_MAX)
        if not steady:
            growth += GROWTH_A_DAY * days
            busy = np.multiply(growth * WEEKDAYS[self.weekday], _festive(season))
        self.volume: Floats = parameters.per_day * busy
        share = 1 - parameters.fraud / 10_000
        self.sessions: Int64s = np.maximum(np.rint(self.volume * share / MEAN_LENGTH), 1).astype(np.int64)
        self.sessions_max: Int64s = np.full(DAYS_MAX, parameters.per_day) if steady else self.sessions
        self.first_people = max(PEOPLE_PER_PAYMENT * parameters.per_day, PEOPLE_MIN)
        self.people: Int64s = np.floor(self.first_people * growth).astype(np.int64)
        self.people_a_day = self.first_people * GROWTH_A_DAY

    def lengths(self, session: UInt64s) -> Int64s:
        """Number of payments of sessions (keys)."""
        return 1 + chosen(LENGTHS, self._chance.unit(Purpose.LENGTH, session))

    def times(self, day: Int64s, session: UInt64s, step: Int64s, clock: Int64s) -> Int64s:
        """When (epoch ms) each step of a session takes place; never outside its day.

        `clock`: minutes by which the payer lags behind UTC.
        """
        minute = self._minute(day, session)
        fine = self._chance.below(60_000, Purpose.GAP, session)
        start = (minute + clock) % 1440 * 60_000 + fine
        gap = GAP_MS * self._chance.factor(1.3, Purpose.GAP, session, 1)
        room = DAY_MS - 1 - start
        offset = np.minimum(step * np.minimum(gap, room / 8), room).astype(np.int64)
        times: Int64s = self._start_ms + day * DAY_MS + start + offset
        return times

    def _minute(self, day: Int64s, session: UInt64s) -> Int64s:
        drawn = self._chance.unit(Purpose.MINUTE, session)
        weekend = self.weekday[day] >= 5
        return np.where(weekend, chosen(_DAYS[1], drawn), chosen(_DAYS[0], drawn))


def _minutes(hours: Floats) -> Floats:
    """Cumulated shares of the minutes of a day, linear between the hours."""
    places = np.arange(1440) / 60
    return cumulated(np.interp(places, np.arange(25), np.append(hours, hours[0])))


_DAYS: Final = (_minutes(WORKDAY), _minutes(WEEKEND))


def _festive(season: Int64s) -> Floats:
    """Spikes and lulls by month and day (1225 is Christmas)."""
    factor = np.ones(len(season))
    factor[(season >= 1124) & (season <= 1130)] = 1.55
    factor[(season >= 1201) & (season <= 1223)] = 1.3
    factor[(season >= 1224) & (season <= 1226)] = 0.6
    factor[season == 1111] = 1.25
    factor[(season >= 715) & (season <= 820)] = 0.92
    factor[(season >= 205) & (season <= 213)] = 1.12
    return factor
