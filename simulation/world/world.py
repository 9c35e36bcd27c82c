"""A world of payments whose ids tell their truth, and in which a verdict has consequences.

Invariant: every payment is a pure function of (parameters, index), and its id is the parameters and the
index, so truth and aftermath need the id alone. Which payments are asked for together changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from models.arrays import UInt64s
from models.messages import Payment, Verdict
from models.units import DAY_MS
from simulation.permutation import Permutation, unspell
from simulation.world import spelling
from simulation.world.aftermath import Aftermath, Due
from simulation.world.calendar import Calendar
from simulation.world.chance import Chance
from simulation.world.columns import Columns, Scenario, joined
from simulation.world.fate import NEVER, Claim, Fates, fates
from simulation.world.life import Life
from simulation.world.parameters import DAYS_MAX, Parameters, parsed
from simulation.world.people import People
from simulation.world.places import Campaigns, Sessions, scenarios_of
from simulation.world.scenarios import (
    AccountTakeover,
    BinAttack,
    CardTesting,
    MerchantCompromise,
    MuleRing,
    Scene,
    Script,
    StolenCard,
)
from simulation.world.shops import Shops

SCRIPTS: Final = (CardTesting, BinAttack, StolenCard, AccountTakeover, MerchantCompromise, MuleRing)


@dataclass(frozen=True)
class Truth:
    """What is true of one payment. `fraud`: not the customer's doing. `friendly`: the customer's, and yet
    disputed or refunded in bad faith. `reported` with a fraud code, first at `reported_at` (epoch ms), and
    `declined` by the issuer: if we let it through. `probability` that it is reported with a fraud code once
    captured, to someone who knows all but that: what a perfect model would say.
    """

    index: int
    scenario: Scenario
    fraud: bool
    friendly: bool
    reported: bool
    reported_at: int | None
    declined: bool
    probability: float


class World:
    """`per_day` payments on an average day at the beginning, `days` days from `start_ms` (a midnight, UTC).

    `fraud` is the share of fraudulent attempts, kept to a ten-thousandth since the id carries it.

    >>> world = World(7, 1_735_689_600_000, per_day=200, days=3)
    >>> payment = world.day(2)[5]
    >>> truth_of(payment.payment_id) == world.truth(payment.payment_id)
    True
    """

    def __init__(
        self, seed: int, start_ms: int, *, per_day: int = 1_000, days: int = 90, fraud: float = 0.011
    ) -> None:
        if start_ms % DAY_MS:
            raise ValueError(
                f"a world begins at midnight UTC: {start_ms - start_ms % DAY_MS}, not {start_ms}"
            )
        if not 1 <= days <= DAYS_MAX:
            raise ValueError(f"{days} days are not within 1..{DAYS_MAX}")
        self.parameters = Parameters(seed, start_ms // DAY_MS, per_day, round(fraud * 10_000))
        self.days, self.start_ms = days, start_ms
        self._shuffle = Permutation(seed)
        chance = self._chance = Chance(seed)
        calendar = self.calendar = Calendar(self.parameters, chance)
        people, self.shops = People(chance, calendar, start_ms), Shops(chance, per_day)
        self.life = Life(chance, calendar, people, self.shops)
        scene = Scene(
            chance, calendar, people, self.shops, self.life, start_ms, self.parameters.fraud / 10_000
        )
        self.scripts: dict[int, Script] = {script.scenario: script(scene) for script in SCRIPTS}

    def day(self, number: int) -> list[Payment]:
        """All payments of day `number`, from 0, in order of time."""
        return self.spelled(self.columns(number))

    def blocks(self, number: int, size: int = 16_384) -> Iterator[list[Payment]]:
        """The same payments, spelled out `size` at a time."""
        paid = self.columns(number)
        for start in range(0, len(paid), size):
            yield self.spelled(paid.taken(np.arange(start, min(start + size, len(paid)))))

    def columns(self, number: int) -> Columns:
        """The payments of a day as columns: about 200 bytes a payment."""
        if not 0 <= number < self.days:
            raise ValueError(f"day {number} is not within 0..{self.days - 1}")
        parts = [self.life.day(number)]
        parts += [made for script in self.scripts.values() if len(made := self._of_script(script, number))]
        return joined(parts)

    def spelled(self, paid: Columns) -> list[Payment]:
        """These payments as messages."""
        return spelling.payments(paid, self.shops, self._shuffle, self.parameters.prefix)

    def truth(self, payment_id: str) -> Truth:
        """What is true of the payment with this id. Raises ValueError for an id of no payment here."""
        return self.truths([payment_id])[0]

    def truths(self, payment_ids: Sequence[str]) -> list[Truth]:
        """The same for many, hundreds of times quicker."""
        index = self.indexes(payment_ids)
        done = self.fates(self.paid(index))
        return [self._truth(int(at), done, row) for row, at in enumerate(index.tolist())]

    def aftermath(self, payment: Payment, verdict: Verdict) -> list[Due]:
        """Everything that will happen to this payment after this verdict, in order of time."""
        return self.aftermaths([payment], [verdict])[0]

    def aftermaths(self, payments: Sequence[Payment], verdicts: Sequence[Verdict]) -> list[list[Due]]:
        """The same for many, hundreds of times quicker."""
        done = self.fates(self.paid(self.indexes([payment.payment_id for payment in payments])))
        return [
            Aftermath(payment, done, row).after(verdict)
            for row, (payment, verdict) in enumerate(zip(payments, verdicts, strict=True))
        ]

    def fates(self, paid: Columns) -> Fates:
        """What would become of these payments."""
        return fates(self._chance, self.shops, paid)

    def indexes(self, payment_ids: Sequence[str]) -> UInt64s:
        """The indexes behind ids. Raises ValueError for an id of another world."""
        return np.array([self._index(payment_id) for payment_id in payment_ids], np.uint64)

    def paid(self, index: UInt64s) -> Columns:
        """The payments with these indexes, in their order. Raises ValueError where there is none."""
        scenario = scenarios_of(index)
        rows, parts = [], []
        for code in np.unique(scenario).tolist():
            at = np.flatnonzero(scenario == code)
            parts.append(self._some(code, index[at]))
            rows.append(at)
        if not parts:
            return self.life.payments(Sessions.of(index))
        back = np.argsort(np.concatenate(rows), kind="stable")
        return Columns(
            *(np.concatenate(columns) for columns in zip(*map(_values, parts), strict=True))
        ).taken(back)

    def _some(self, code: int, index: UInt64s) -> Columns:
        """Payments of one scenario."""
        if code == Scenario.ORDINARY:
            sessions = Sessions.of(index)
            self._check(self.life.exists(sessions), index)
            return self.life.payments(sessions)
        if code not in self.scripts:
            raise ValueError(f"there is no payment with index {int(index[0])} in this world")
        steps = Campaigns.of(index)
        self._check(self.scripts[code].exists(steps), index)
        return self.scripts[code].payments(steps)

    @staticmethod
    def _check(there: np.ndarray, index: UInt64s) -> None:
        if not there.all():
            raise ValueError(f"there is no payment with index {int(index[~there][0])} in this world")

    def _index(self, payment_id: str) -> int:
        parameters, word = parsed(payment_id)
        if parameters != self.parameters:
            raise ValueError(
                f"{payment_id!r} is of another world: its ids begin with {self.parameters.prefix!r}"
            )
        return self._shuffle.invert(unspell(word))

    def _of_script(self, script: Script, number: int) -> Columns:
        """A day's payments of all campaigns of a scenario that may still go on."""
        steps = script.campaigns(max(number - script.span_days + 1, 0), number)
        today = (script.at(steps) - self.start_ms) // DAY_MS == number
        return script.payments(steps.taken(today))

    def _truth(self, index: int, done: Fates, row: int) -> Truth:
        reported = bool(done.claim[row] == Claim.FRAUD)
        known_at = int(done.known_at[row])
        return Truth(
            index, Scenario(int(done.scenario[row])), bool(done.fraud[row]), bool(done.friendly[row]),
            reported,
            known_at if reported and known_at != NEVER else None, bool(done.group[row] >= 0),
            round(float(done.probability[row]), 6),
        )  # fmt: skip


def truth_of(payment_id: str) -> Truth:
    """The truth behind a world's payment, from its id alone. Raises ValueError for other ids."""
    parameters, _ = parsed(payment_id)
    return _of(parameters).truth(payment_id)


@lru_cache(maxsize=4)
def _of(parameters: Parameters) -> World:
    fraud = parameters.fraud / 10_000
    return World(parameters.seed, parameters.start_ms, per_day=parameters.per_day, days=DAYS_MAX, fraud=fraud)


def _values(paid: Columns) -> list[np.ndarray]:
    return list(vars(paid).values())
