"""Everything in a world that pays: people, shops, ordinary life and fraud, as columns of payments."""

from typing import Final

import numpy as np

from models.arrays import Bools, UInt64s
from models.units import DAY_MS
from simulation.aftermath import PotentialOutcomes, potential_outcomes
from simulation.chance import Chance
from simulation.payments import (
    CampaignSteps,
    PaymentColumns,
    Scenario,
    SessionSteps,
    WorldParameters,
    joined,
    scenarios_of,
)
from simulation.people import Calendar, OrdinaryLife, People, Shops
from simulation.scenarios import (
    AccountTakeover,
    BinAttack,
    CardTesting,
    FraudScenario,
    MerchantCompromise,
    MuleRing,
    ScenarioContext,
    StolenCard,
)

SCENARIOS: Final = (CardTesting, BinAttack, StolenCard, AccountTakeover, MerchantCompromise, MuleRing)


class Society:
    """Payments by day or by index; each is a pure function of (parameters, index).

    `steady` makes every day as busy as the next (see `Calendar`).
    """

    def __init__(self, parameters: WorldParameters, *, steady: bool = False) -> None:
        self.start_ms = start_ms = parameters.start_ms
        chance = self.chance = Chance(parameters.seed)
        calendar = self.calendar = Calendar(parameters, chance, steady=steady)
        people, shops = People(chance, calendar, start_ms), Shops(chance, parameters.per_day)
        self.shops = shops
        self.life = OrdinaryLife(chance, calendar, people, shops)
        share = parameters.fraud / 10_000
        context = ScenarioContext(chance, calendar, people, shops, self.life, start_ms, share)
        self.scenarios: dict[int, FraudScenario] = {kind.scenario: kind(context) for kind in SCENARIOS}

    def day(self, number: int) -> PaymentColumns:
        """All payments of a day, in order of time."""
        return joined([self.life.day(number), *self._frauds(number, number)])

    def steady_days(self, first: int, count: int, size: int) -> PaymentColumns:
        """`size` payments of each of `count` days from `first`, in order of time; for a steady calendar.

        Ordinary payments fill what fraud leaves of a day. A day never has more than a few hundred frauds:
        at a few thousand payments a day, hardly a scenario begins two campaigns on one day.
        """
        frauds = self._frauds(first, first + count - 1)
        taken = [(paid.occurred_at - self.start_ms) // DAY_MS - first for paid in frauds]
        left = size - np.bincount(np.concatenate(taken or [np.zeros(0, np.int64)]), minlength=count)
        assert left.min() > 0, "a day is all fraud"
        return joined([self.life.steady_days(np.arange(first, first + count), left), *frauds])

    def paid(self, index: UInt64s) -> PaymentColumns:
        """The payments with these indexes, in their order. Raises ValueError where there is none."""
        scenario = scenarios_of(index)
        rows, parts = [], []
        for code in np.unique(scenario).tolist():
            rows.append(np.flatnonzero(scenario == code))
            parts.append(self._of_scenario(code, index[rows[-1]]))
        if not parts:
            return self.life.payments(SessionSteps.of(index))
        back = np.argsort(np.concatenate(rows), kind="stable")
        return PaymentColumns(
            *(np.concatenate(columns) for columns in zip(*map(_values, parts), strict=True))
        ).taken(back)

    def frauds(self, index: UInt64s) -> Bools:
        """Which of the payments with these indexes are fraud, from the indexes alone."""
        scenario = scenarios_of(index)
        fraud = np.zeros(len(index), np.bool_)
        for code in np.unique(scenario[scenario != Scenario.ORDINARY]).tolist():
            rows = scenario == code
            fraud[rows] = self._scenario(code, index).frauds(CampaignSteps.of(index[rows]))
        return fraud

    def potential_outcomes(self, paid: PaymentColumns) -> PotentialOutcomes:
        """What would become of these payments."""
        return potential_outcomes(self.chance, self.shops, paid)

    def _frauds(self, first: int, last: int) -> list[PaymentColumns]:
        parts = [scenario.on_days(first, last) for scenario in self.scenarios.values()]
        return [part for part in parts if len(part)]

    def _of_scenario(self, code: int, index: UInt64s) -> PaymentColumns:
        if code == Scenario.ORDINARY:
            sessions = SessionSteps.of(index)
            _check(self.life.exists(sessions), index)
            return self.life.payments(sessions)
        scenario, steps = self._scenario(code, index), CampaignSteps.of(index)
        _check(scenario.exists(steps), index)
        return scenario.payments(steps)

    def _scenario(self, code: int, index: UInt64s) -> FraudScenario:
        if code not in self.scenarios:
            raise ValueError(f"there is no payment with index {int(index[0])} in this world")
        return self.scenarios[code]


def _check(exists: Bools, index: UInt64s) -> None:
    if not exists.all():
        raise ValueError(f"there is no payment with index {int(index[~exists][0])} in this world")


def _values(paid: PaymentColumns) -> list[np.ndarray]:
    return list(vars(paid).values())
