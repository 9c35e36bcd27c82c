"""Seeded payments whose ids tell their truth: any payment is a pure function of (seed, index), and from the
id alone one recomputes the index, hence everything that was true of it: story, fraud or not, sent twice, sent
broken.

The id is `sim<seed>d<duplicates in 1/1000>m<malformed in 1/1000>-<twelve letters>`; the letters are the
index, shuffled by a reversible permutation. Method: draws are hashes of (seed, purpose, index), vectorised
over blocks.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np

from models.messages import (
    Authentication,
    Channel,
    Customer,
    DeadLetterReason,
    Label,
    LabelValue,
    Method,
    Payment,
    Phase,
    Tokens,
)
from models.money import LIMITS
from simulation.breakage import BREAKAGES
from simulation.draws import Draws
from simulation.permutation import Permutation, spell, unspell
from simulation.population import (
    FAVOURITES,
    FOREIGN,
    LANDS,
    Population,
    address,
    letters,
    objects,
    spread,
)
from simulation.stories import WINDOW, StoryKind, kinds

SEED_MAX: Final = 2**31 - 1
INDEX_MAX: Final = 2**48
ACCOUNTS: Final = objects(["acme-eu"] * 5 + ["acme-uk", "acme-us", "acme-apac", "acme-mena"])
"""Merchant account by the land of the shop, in the order of `LANDS`."""
CHANNELS: Final = objects([Channel.ECOMMERCE] * 5 + [Channel.APP] * 3 + [Channel.POS, Channel.RECURRING])
PHASES: Final = objects([Phase.PRE_AUTH] * 24 + [Phase.POST_3DS])
AUTHENTICATIONS: Final = objects(
    [None] * 5 + [Authentication("2.2.0", "Y", "05", True), Authentication("2.2.0", "N", "07", False),
                  Authentication(sca_exemption="low_value")]
)  # fmt: skip
BASKETS: Final = objects([None] * 12 + [{"basket_items": n} for n in range(1, 5)])

_CUSTOMER, _INSTRUMENT, _SHOP, _AMOUNT, _FLAGS = 0, 1, 2, 3, 4
_DUPLICATE, _MALFORMED, _BREAKAGE, _FOREIGN, _LABEL = 5, 6, 7, 8, 9
_ID: Final = re.compile(r"sim(\d{1,10})d(\d{1,4})m(\d{1,4})-([a-z]{12})")


@dataclass(frozen=True)
class Story:
    """What is true of one simulated payment."""

    index: int
    kind: StoryKind
    fraud: bool
    duplicated: bool
    malformed: str | None
    reason: DeadLetterReason | None


@dataclass(frozen=True)
class Block:
    """Consecutive indexes: their payments, and which are sent twice or broken (`breakage`, else -1)."""

    payments: list[Payment]
    kinds: np.ndarray
    duplicated: np.ndarray
    breakage: np.ndarray


def story_of(payment_id: str) -> Story:
    """The truth behind a simulated payment's id, from the id alone. Raises ValueError for other ids."""
    seed, duplicates, malformed, _ = _parsed(payment_id)
    return _of_seed(seed, duplicates, malformed).story(payment_id)


def _parsed(payment_id: str) -> tuple[int, int, int, str]:
    match = _ID.fullmatch(payment_id)
    if match is None:
        raise ValueError(f"{payment_id!r} is not the id of a simulated payment (sim<seed>d<n>m<n>-<letters>)")
    seed, duplicates, malformed, word = match.groups()
    return int(seed), int(duplicates), int(malformed), word


@lru_cache(maxsize=8)
def _of_seed(seed: int, duplicates: int, malformed: int) -> "Simulator":
    return Simulator(seed, duplicates=duplicates / 1000, malformed=malformed / 1000)


class Simulator:
    """Payments of one seed. `rate` (payments a second of event time) and `start_ms` only place them in time.

    `duplicates` and `malformed` are shares, kept to a thousandth since the id carries them.
    """

    def __init__(
        self,
        seed: int,
        *,
        start_ms: int = 0,
        rate: float = 1000.0,
        duplicates: float = 0.0,
        malformed: float = 0.0,
    ) -> None:
        if not 0 <= seed <= SEED_MAX:
            raise ValueError(f"seed {seed} is not within 0..{SEED_MAX}")
        if not (0 <= duplicates <= 1 and 0 <= malformed <= 1 and rate > 0):
            raise ValueError("shares lie within 0..1 and the rate above 0")
        self.seed, self.start_ms, self.rate = seed, start_ms, rate
        self._thousandths = round(duplicates * 1000), round(malformed * 1000)
        self._prefix = f"sim{seed}d{self._thousandths[0]}m{self._thousandths[1]}-"
        self._draws = Draws(seed)
        self._shuffle = Permutation(seed)
        self._people = Population(seed, start_ms)
        self._spread = spread()
        self._fractions = np.array([land.per_cent for land in LANDS])
        self._limits = np.array([LIMITS[land.currency] for land in LANDS])
        self._currencies = objects([land.currency for land in LANDS])

    def payment(self, index: int) -> Payment:
        """The payment with this index, unbroken."""
        return self.block(index, 1).payments[0]

    def payment_id(self, index: int) -> str:
        """The id of the payment with this index."""
        return self._ids(np.array([index], np.uint64))[0]

    def index(self, payment_id: str) -> int:
        """The index behind an id of this simulator. Raises ValueError for any other id."""
        *_, word = _parsed(payment_id)
        if not payment_id.startswith(self._prefix):
            raise ValueError(f"{payment_id!r} is of another simulation: its ids begin with {self._prefix!r}")
        return self._shuffle.invert(unspell(word))

    def story(self, payment_id: str) -> Story:
        """What is true of the payment with this id."""
        at = np.array([self.index(payment_id)], np.uint64)
        kind = StoryKind(int(kinds(self._draws, at)[0]))
        broken = int(self._breakage(at)[0])
        name, reason, _ = BREAKAGES[broken] if broken >= 0 else (None, None, None)
        return Story(int(at[0]), kind, kind.fraud, bool(self._duplicated(at)[0]), name, reason)

    def label(self, payment: Payment, kind: StoryKind, known_at: int) -> Label:
        """The label of a payment, with its tokens as a dispute system would send them."""
        value = LabelValue.FRAUD if kind.fraud else LabelValue.LEGITIMATE
        customer = payment.customer.id if payment.customer else None
        tokens = Tokens(
            payment.method, payment.merchant.id, customer, payment.device_id, payment.ip, payment.email_token
        )
        return Label(
            payment.merchant_account, payment.payment_id, value, known_at, payment.occurred_at,
            payment.amount, payment.currency, tokens, payment.attempt, "simulator", True,
        )  # fmt: skip

    def occurred_at(self, indexes: np.ndarray) -> np.ndarray:
        """Event times (epoch ms) of indexes: evenly spaced, so the same seed gives the same payments."""
        times: np.ndarray = self.start_ms + np.floor(indexes * (1000.0 / self.rate)).astype(np.int64)
        return times

    def block(self, first: int, count: int) -> Block:
        """The payments with indexes `[first, first + count)`."""
        at = np.arange(first, first + count, dtype=np.uint64)
        story = kinds(self._draws, at)
        payments = self._payments(at, story)
        for row in np.flatnonzero(story).tolist():
            payments[row] = self._retold(int(at[row]), StoryKind(int(story[row])), payments[row])
        return Block(payments, story, self._duplicated(at), self._breakage(at))

    def labelled(self, first: int, count: int) -> np.ndarray:
        """Which legitimate payments get a label: one in twenty. Frauds always do."""
        at = np.arange(first, first + count, dtype=np.uint64)
        chosen: np.ndarray = self._draws.below(20, _LABEL, at) == 0
        return chosen

    def _ids(self, at: np.ndarray) -> list[str]:
        prefix = self._prefix
        return [prefix + word for word in spell(self._shuffle.apply(at))]

    def _breakage(self, at: np.ndarray) -> np.ndarray:
        broken = self._draws.below(1000, _MALFORMED, at) < self._thousandths[1]
        return np.where(broken, self._draws.below(len(BREAKAGES), _BREAKAGE, at), -1)

    def _duplicated(self, at: np.ndarray) -> np.ndarray:
        again = self._draws.below(1000, _DUPLICATE, at) < self._thousandths[0]
        sent_twice: np.ndarray = again & (self._breakage(at) < 0)
        return sent_twice

    def _payments(self, at: np.ndarray, story: np.ndarray) -> list[Payment]:
        """Everyday payments: a known customer at a favourite shop, from a usual device and address."""
        people, flags = self._people, self._draws(_FLAGS, at)
        customer = self._customers(at)
        slot = 2 * customer + (self._draws.below(100, _INSTRUMENT, at) < 15)
        shop = self._shops(at, customer)
        land = people.merchant_land[shop]
        columns = (
            ACCOUNTS[land], self._ids(at), self.occurred_at(at).tolist(),
            self._amounts(at, shop, land, story).tolist(),
            self._currencies[land], people.methods[slot], people.merchants[shop],
            (1 + (flags % np.uint64(50) == 0)).tolist(), PHASES[_pick(flags, 8, len(PHASES))],
            people.customers[customer], people.devices[slot], people.addresses[slot], people.emails[customer],
            [None] * len(at), CHANNELS[_pick(flags, 16, len(CHANNELS))],
            AUTHENTICATIONS[_pick(flags, 24, len(AUTHENTICATIONS))], BASKETS[_pick(flags, 32, len(BASKETS))],
        )  # fmt: skip
        return list(map(Payment, *columns))

    def _customers(self, at: np.ndarray) -> np.ndarray:
        """Some customers pay more often than others: density falls with the square root of the number."""
        share = (self._draws(_CUSTOMER, at) >> np.uint64(11)) * (1.0 / (1 << 53))
        skewed: np.ndarray = (share * np.sqrt(share) * self._people.size).astype(np.int64)
        return skewed

    def _shops(self, at: np.ndarray, customer: np.ndarray) -> np.ndarray:
        choice = self._draws.below(FAVOURITES * 10, _SHOP, at)
        anywhere = (self._draws(_SHOP, at) % np.uint64(len(self._people.merchants))).astype(np.int64)
        favourite = self._people.favourites[customer, choice % FAVOURITES]
        chosen: np.ndarray = np.where(choice < FAVOURITES, anywhere, favourite)
        return chosen

    def _amounts(self, at: np.ndarray, shop: np.ndarray, land: np.ndarray, story: np.ndarray) -> np.ndarray:
        """Minor units of the shop's currency, within its limits; fraud takes more (or, to test a card,
        little).
        """
        times = self._spread[self._draws.below(len(self._spread), _AMOUNT, at)]
        cents = self._people.merchant_median[shop] * times // 1000
        cents = np.where(story == StoryKind.CARD_TESTING, 100 + cents % 200, cents)
        cents = np.where(story >= StoryKind.STOLEN_CARD, 5 * cents + 10_000, cents)
        minor = cents * self._fractions[land, 0] // self._fractions[land, 1]
        amounts: np.ndarray = np.clip(minor, self._limits[land, 0], self._limits[land, 1])
        return amounts

    def _retold(self, index: int, kind: StoryKind, payment: Payment) -> Payment:
        """The payment as its story has it: other devices, addresses and cards than the customer's own."""
        window = index // WINDOW if kind in (StoryKind.CARD_TESTING, StoryKind.STOLEN_CARD) else index
        draw = int(self._draws(_FOREIGN, np.array([window], np.uint64))[0])
        abroad = address(FOREIGN[draw % len(FOREIGN)], draw >> 8)
        if kind is StoryKind.TRAVELLER:
            return _replaced(payment, ip=abroad)
        device = f"dev_x{letters(window & 0xFFFFFF)}"
        if kind is StoryKind.IP_MISMATCH:
            return _replaced(payment, ip=abroad, device_id=device)
        return self._episode(kind, payment, draw, abroad, device)

    def _episode(self, kind: StoryKind, payment: Payment, draw: int, abroad: str, device: str) -> Payment:
        people = self._people
        account = Customer(f"cus_x{device[5:]}", max(payment.occurred_at - 3_600_000, 0))
        email = f"eml_x{device[5:]}"
        method: Method = payment.method
        merchant = payment.merchant
        if kind is StoryKind.STOLEN_CARD:
            method = people.methods[2 * (draw % people.size)]
        else:
            merchant = people.merchants[draw % len(people.merchants)]
            method = Method(
                method.kind, method.token, "41000000" if draw % 3 == 0 else method.bin, method.country
            )
        return _replaced(
            payment,
            ip=abroad,
            device_id=device,
            customer=account,
            email_token=email,
            method=method,
            merchant=merchant,
        )


def _pick(flags: np.ndarray, shift: int, count: int) -> np.ndarray:
    chosen: np.ndarray = (flags >> np.uint64(shift)) % np.uint64(count)
    return chosen


_replaced = msgspec.structs.replace
