"""Sixty days of a made-up shop landscape, with the attacks and the look-alikes that the baseline speaks of.

No public data set has devices, addresses, issuers' answers or 3-D Secure; this seeded fixture has. Ordinary
life: 1,500 customers with their own card, device, address and habits. Between it each attack several times,
and for most of them what it is mistaken for: a kiosk, a traveller with a new phone, a purchasing department,
a shared family device. So a rule's precision here says only that it tells its attack from these look-alikes;
it is no promise of precision on real traffic, where attacks are rarer and look-alikes are more.

The same seed gives the same messages.
"""

from random import Random
from typing import Any, Final

from msgspec.structs import replace

from models.messages.label import Label, LabelValue
from models.messages.outcome import DeclineGroup, Outcome, OutcomeKind, Tokens
from models.messages.payment import (
    Authentication,
    Channel,
    Customer,
    Location,
    Merchant,
    Method,
    MethodKind,
    Payment,
    Phase,
)

START_MS: Final = 1_790_000_000_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
DAYS: Final = 60
CUSTOMERS: Final = 1_500
PAYMENTS_EACH: Final = 40
TIMES: Final = 6
"""How often each attack and each look-alike happens."""

COUNTED_FROM_MS: Final = START_MS + 30 * DAY
"""What is before only fills the windows."""

LABELLED_AFTER: Final = 7 * DAY
BINS_CSV: Final = b"""bin,scheme,type,country,prepaid
457100,visa,debit,DE,0
510000,mastercard,credit,DE,0
529900,mastercard,debit,US,1
"""
SHOPS: Final = (("5411", 3_000), ("5812", 2_500), ("5651", 6_000), ("5732", 12_000), ("5816", 900),
                ("7995", 4_000), ("5944", 30_000), ("5311", 5_000))  # fmt: skip
HOME, ABROAD = "93.{}.{}.{}", "179.{}.{}.{}"
DECLINES: Final = (DeclineGroup.INSUFFICIENT_FUNDS, DeclineGroup.DO_NOT_HONOUR, DeclineGroup.OTHER)

Message = Payment | Outcome | Label


class Landscape:
    """Collects messages; `messages()` gives them in order of time."""

    def __init__(self, seed: int) -> None:
        """The same seed, the same messages."""
        self.random = Random(seed)
        self.frauds: set[str] = set()
        self._found: list[tuple[int, int, Message]] = []
        self._people = [self._person(number) for number in range(CUSTOMERS)]

    def messages(self) -> list[Message]:
        """Everything, in order of time."""
        self._ordinary_life()
        for stage in STAGES:
            for _ in range(TIMES):
                stage(self, START_MS + 35 * DAY + self.random.randrange(24 * DAY))
        found = [message for _, _, message in sorted(self._found, key=lambda one: one[:2])]
        return self._reissued(found)

    def _reissued(self, messages: list[Message]) -> list[Message]:
        """A card whose fraud became known gets a new number: its owner goes on paying with that."""
        labels = [m for m in reversed(messages) if isinstance(m, Label) and m.label is LabelValue.FRAUD]
        since = {label.tokens.method.token: label.known_at for label in labels}
        return [self._with_new_card(message, since) for message in messages]

    def _with_new_card(self, message: Message, since: dict[str, int]) -> Message:
        method = message.method if isinstance(message, Payment) else message.tokens.method
        if message.payment_id in self.frauds or message.occurred_at < since.get(
            method.token, message.occurred_at + 1
        ):
            return message
        method = replace(method, token=f"{method.token}_new")
        if isinstance(message, Payment):
            return replace(message, method=method)
        return replace(message, tokens=replace(message.tokens, method=method))

    def pay(self, at: int, cents: int, *, fraud: bool = False, decline: Any = None, **given: Any) -> Payment:
        """A payment, its issuer's answer, and its label after a week (of legitimate ones, one in ten)."""
        name = f"fixture-{len(self._found)}"
        method = given.pop("method", None) or self.method(given.pop("card", f"card_{name}"))
        payment = Payment("fixture", name, at, cents, "EUR", method, given.pop("shop", self.shop(0)), **given)
        self._put(at, payment)
        if decline is None and self.random.random() < 0.05:
            decline = self.random.choice(DECLINES)
        kind = OutcomeKind.AUTHORISED if decline is None else OutcomeKind.DECLINED
        self.outcome(payment, kind, 2 * SECOND, decline)
        if decline is None:
            self.outcome(payment, OutcomeKind.CAPTURED, DAY)
        if fraud:
            self.frauds.add(name)
        if fraud or self.random.random() < 0.1:
            self.label(payment, LabelValue.FRAUD if fraud else LabelValue.LEGITIMATE)
        return payment

    def outcome(self, payment: Payment, kind: OutcomeKind, after: int, group: Any = None) -> None:
        """What became of a payment."""
        at = payment.occurred_at + after
        self._put(at, Outcome(
            payment.merchant_account, payment.payment_id, kind, at, payment.occurred_at, payment.amount,
            payment.currency, self._tokens(payment), decline_group=group,
        ))  # fmt: skip

    def label(self, payment: Payment, value: LabelValue) -> None:
        """A label a week later."""
        at = payment.occurred_at + LABELLED_AFTER
        self._put(at, Label(
            payment.merchant_account, payment.payment_id, value, at, payment.occurred_at, payment.amount,
            payment.currency, self._tokens(payment), source="fixture",
        ))  # fmt: skip

    def method(self, token: str, bin: str = "457100", country: str = "DE") -> Method:
        """A card."""
        return Method(MethodKind.CARD, token, bin, country)

    def shop(self, number: int) -> Merchant:
        """One of forty shops; eight kinds of goods."""
        return Merchant(f"shop_{number % 40}", SHOPS[number % len(SHOPS)][0], "DE")

    def any(self) -> dict[str, Any]:
        """How some customer of long standing pays."""
        return dict(self.random.choice(self._people[: CUSTOMERS // 2])["pays"])

    def stranger(self, at: int) -> dict[str, Any]:
        """A customer, device, address and e-mail that nobody has seen."""
        mark = f"x{self.random.getrandbits(40):x}"
        return {
            "card": f"card_{mark}", "customer": Customer(f"cus_{mark}", at - HOUR),
            "device_id": f"dev_{mark}", "email_token": f"eml_{mark}", "ip": self.address(ABROAD),
            "shop": self.shop(self.random.randrange(40)),
        }  # fmt: skip

    def copied(self) -> dict[str, Any]:
        """A copy of somebody's card at a terminal: nothing else of theirs."""
        return {"card": self.any()["card"], "channel": Channel.POS}

    def address(self, of: str) -> str:
        """An IP address at home or abroad."""
        draw = self.random.randrange
        return of.format(192 + draw(8), draw(64), draw(1, 255))

    def _person(self, number: int) -> dict[str, Any]:
        pays = {
            "card": f"card_{number}", "customer": Customer(f"cus_{number}", START_MS - 400 * DAY),
            "device_id": f"dev_{number}", "email_token": f"eml_{number}", "ip": self.address(HOME),
            "delivery_address_token": f"adr_{number // 2}",
        }  # fmt: skip
        return {
            "pays": pays,
            "median": self.random.randrange(1_500, 9_000),
            "hour": self.random.randrange(7, 20),
        }

    def _ordinary_life(self) -> None:
        draw = self.random
        for person in self._people:
            for _ in range(PAYMENTS_EACH):
                hour = person["hour"] + draw.randrange(3)
                at = START_MS + draw.randrange(DAYS) * DAY + hour * HOUR + draw.randrange(HOUR)
                cents = round(person["median"] * draw.lognormvariate(0, 0.6))
                changed: dict[str, Any] = {"shop": self.shop(draw.randrange(40))}
                if draw.random() < 0.02:
                    changed["ip"] = self.address(ABROAD)
                payment = self.pay(at, max(cents, 90), **{**person["pays"], **changed})
                if draw.random() < 0.03:
                    self.outcome(payment, OutcomeKind.REFUNDED, 5 * DAY)

    def _put(self, at: int, message: Message) -> None:
        self._found.append((at, len(self._found), message))

    def _tokens(self, payment: Payment) -> Tokens:
        customer = payment.customer.id if payment.customer else None
        return Tokens(payment.method, payment.merchant.id, customer, payment.device_id, payment.ip,
                      payment.email_token, payment.delivery_address_token)  # fmt: skip


def card_testing(world: Landscape, at: int) -> None:
    """A script tries a list of cards; one that works is emptied."""
    tester = world.stranger(at)
    for number in range(14):
        wrong = None if number % 3 == 0 else DeclineGroup.INVALID_CARD
        card = {**tester, "card": f"{tester['card']}_{number // 2}"}
        world.pay(at + number * 20 * SECOND, 50 + number * 10, fraud=True, decline=wrong, **card)
    for number in range(5):
        world.pay(at + HOUR + number * MINUTE, 100, fraud=True, **tester)
    world.pay(at + HOUR + 10 * MINUTE, 45_000, fraud=True, **tester)


def kiosk(world: Landscape, at: int) -> None:
    """Looks like card testing: many cards and small amounts on one device, hardly a decline."""
    for number in range(12):
        world.pay(
            at + number * 6 * MINUTE,
            120 + number % 3 * 50,
            device_id="dev_kiosk",
            ip="93.192.70.1",
            shop=world.shop(4),
            card=f"card_{world.random.randrange(CUSTOMERS)}",
            channel=Channel.POS,
        )


def bin_attack(world: Landscape, at: int) -> None:
    """Numbers of one BIN are guessed at one shop from many addresses."""
    shop = world.shop(world.random.randrange(40))
    for number in range(40):
        guess = {**world.stranger(at), "shop": shop}
        method = world.method(guess.pop("card"), "510000")
        wrong = DeclineGroup.INVALID_CARD if number % 8 else None
        world.pay(at + number * 12 * SECOND, 100 + number, fraud=True, decline=wrong, method=method, **guess)


def bank_promotion(world: Landscape, at: int) -> None:
    """Looks like a BIN attack: a bank's customers at one shop within the hour; nothing is declined."""
    for number in range(15):
        world.pay(at + number * 3 * MINUTE, 2_500, **{**world.any(), "shop": world.shop(11)})


def guessed_codes(world: Landscape, at: int) -> None:
    """The security code of a stolen number is tried until it fits."""
    thief = world.stranger(at) | {"card": world.any()["card"]}
    for number in range(5):
        wrong = DeclineGroup.WRONG_CVV if number < 4 else None
        world.pay(at + number * MINUTE, 8_000, fraud=True, decline=wrong, **thief)


def short_of_funds(world: Landscape, at: int) -> None:
    """Looks like guessing: somebody without money tries again with less."""
    customer = world.any()
    for number in range(4):
        wrong = DeclineGroup.INSUFFICIENT_FUNDS if number < 3 else None
        world.pay(at + number * MINUTE, 9_000 - 2_000 * number, decline=wrong, **customer)


def takeover(world: Landscape, at: int) -> None:
    """A customer's account: new device, new country, new address, large amounts."""
    new = {name: world.stranger(at)[name] for name in ("device_id", "ip")}
    victim = {**world.any(), **new, "delivery_address_token": f"adr_{new['device_id']}"}
    for number in range(2):
        world.pay(at + number * HOUR, 60_000, fraud=True, shop=world.shop(3), **victim)


def new_phone_abroad(world: Landscape, at: int) -> None:
    """Looks like a takeover: a traveller with a new phone, and a new phone at home."""
    new = world.stranger(at)
    world.pay(
        at, 4_000, shop=world.shop(1), **{**world.any(), "device_id": new["device_id"], "ip": new["ip"]}
    )
    world.pay(at, 7_000, shop=world.shop(2), **{**world.any(), "device_id": f"{new['device_id']}h"})


def dormant(world: Landscape, at: int) -> None:
    """An account of which nothing was heard for half a year; one in three is its owner with a new phone."""
    account = world.stranger(at - 200 * DAY)
    world.pay(at - 200 * DAY, 5_000, **account)
    fraud = world.random.random() < 0.67
    world.pay(at, 25_000, fraud=fraud, **{**account, "device_id": f"{account['device_id']}n"})


def failed_authentication(world: Landscape, at: int) -> None:
    """3-D Secure fails twice, then it is tried without; the issuer refuses later ones."""
    thief = world.stranger(at) | {"card": world.any()["card"]}
    for number in range(4):
        payment = world.pay(at + number * 2 * MINUTE, 15_000, fraud=True, **thief)
        world.outcome(payment, OutcomeKind.AUTHENTICATION_FAILED, SECOND)
    refused = Authentication("2.2.0", "N", "07", False)
    world.pay(at + HOUR, 15_000, fraud=True, phase=Phase.POST_3DS, authentication=refused, **thief)
    checked = Authentication(cvv_result="N", avs_result="N")
    world.pay(at + 2 * HOUR, 35_000, fraud=True, phase=Phase.POST_AUTH, authentication=checked,
              **{**thief, "shop": world.shop(17)})  # fmt: skip
    honest = world.any()
    world.pay(
        at,
        25_000,
        phase=Phase.POST_AUTH,
        shop=world.shop(5),
        **honest,
        authentication=Authentication(cvv_result="M", avs_result=world.random.choice("NAY")),
    )


def one_email_many_cards(world: Landscape, at: int) -> None:
    """A list of cards under one e-mail address and account, within a day."""
    thief = world.stranger(at)
    for number in range(8):
        card = {**thief, "card": f"{thief['card']}_{number}"}
        world.pay(at + number * 50 * MINUTE, 9_000, fraud=True, **card)


def purchasing_department(world: Landscape, at: int) -> None:
    """Looks like it: a company with four cards under one e-mail address."""
    for number in range(3):
        world.pay(at + number * HOUR, 20_000, email_token="eml_office", device_id="dev_office",
                  ip="93.192.71.1", card=f"card_office_{number % 4}",
                  customer=Customer("cus_office", START_MS - 300 * DAY), shop=world.shop(7))  # fmt: skip


def triangulation(world: Landscape, at: int) -> None:
    """Goods paid with stolen cards, all delivered to one address."""
    drop = f"adr_drop_{at}"
    for number in range(10):
        when = at - number * DAY
        world.pay(when, 12_000, fraud=True, delivery_address_token=drop, **world.stranger(when))


def parcel_locker(world: Landscape, at: int) -> None:
    """Looks like triangulation: neighbours at a parcel locker."""
    customer = {**world.any(), "delivery_address_token": "adr_locker"}
    world.pay(at, 4_000, shop=world.shop(9), **customer)


def mule_ring(world: Landscape, at: int) -> None:
    """One device steers four accounts."""
    device = f"dev_ring_{at}"
    for number in range(12):
        when = at - (12 - number) * 20 * HOUR
        account = world.stranger(at)
        mule = {**account, "device_id": device, "card": f"card_ring_{at}_{number % 4}"}
        mule["customer"] = Customer(f"cus_ring_{at}_{number % 4}", at - 30 * DAY)
        world.pay(when, 60_000, fraud=True, **mule)


def family_tablet(world: Landscape, at: int) -> None:
    """Looks like a ring: three members of a family on one tablet."""
    for number in range(3):
        world.pay(at + number * DAY, 3_000, **{**world.any(), "device_id": f"dev_family_{at}"})


def script(world: Landscape, at: int) -> None:
    """One address and device, many payments within minutes; then one card until it stops."""
    thief = world.stranger(at)
    for number in range(16):
        one = {**thief, "card": f"{thief['card']}_{number % 5}", "shop": world.shop(number)}
        world.pay(at + number * 25 * SECOND, 4_900, fraud=True, **one)
    stolen = {**world.stranger(at), "card": world.any()["card"]}
    for number in range(8):
        world.pay(
            at + DAY + number * 5 * MINUTE, 19_900, fraud=True, **{**stolen, "shop": world.shop(number)}
        )


def gamer(world: Landscape, at: int) -> None:
    """Looks like a script: purchases in a game."""
    customer = world.any()
    for number in range(7):
        world.pay(at + number * 7 * MINUTE, 499, shop=world.shop(4), **customer)


def repeated_after_decline(world: Landscape, at: int) -> None:
    """The same amount again and again after declines; half of them are customers who press the button."""
    fraud = world.random.random() < 0.5
    who = {**world.stranger(at), "card": world.any()["card"]} if fraud else world.any()
    for number in range(4):
        wrong = DeclineGroup.DO_NOT_HONOUR if number < 2 else None
        world.pay(at + number * MINUTE, 7_700, fraud=fraud, decline=wrong, **who)


def teleport(world: Landscape, at: int) -> None:
    """A copied card: two terminals an ocean apart within the hour."""
    owner = world.any()
    world.pay(at, 3_000, location=Location(52.5, 13.4), channel=Channel.POS, **owner)
    copy = {**world.copied(), "card": owner["card"], "location": Location(-23.5, -46.6)}
    world.pay(at + 40 * MINUTE, 55_000, fraud=True, **copy)
    world.pay(at + 5 * DAY, 35_000, location=Location(48.1, 11.6), channel=Channel.POS, **owner)


def proxies(world: Landscape, at: int) -> None:
    """Frauds from one rented network, over a fortnight."""
    for number in range(14):
        when = at - (14 - number) * DAY
        thief = {**world.stranger(when), "ip": f"105.112.9.{number + 1}"}
        world.pay(when, 15_000, fraud=True, **thief)


def goods(world: Landscape, at: int) -> None:
    """What is sold on: first purchases of risky goods, gift cards and watches; a third is fraud."""
    for shop, cents, extra in ((5, 12_000, None), (6, 90_000, None), (2, 20_000, {"product": "gift_card"})):
        fraud = world.random.random() < 0.33
        buyer = world.stranger(at) | {"ip": world.address(ABROAD if fraud else HOME)}
        world.pay(at, cents, fraud=fraud, **{**buyer, "shop": world.shop(shop), "metadata": extra})


def prepaid(world: Landscape, at: int) -> None:
    """Prepaid cards from abroad; half of them are tourists."""
    fraud = world.random.random() < 0.5
    buyer = world.stranger(at)
    method = world.method(buyer.pop("card"), "529900", "US")
    world.pay(at, 18_000, fraud=fraud, method=method, **buyer)


def again(world: Landscape, at: int) -> None:
    """A device, an address and a mailbox with known frauds come back after their labels."""
    thief = {**world.stranger(at), "delivery_address_token": f"adr_known_{at}"}
    for number in range(4):
        when = at - 20 * DAY + number * 9 * DAY
        world.pay(when, 11_000, fraud=True, **{**thief, "card": f"{thief['card']}_{number // 2}"})


def refunds(world: Landscape, at: int) -> None:
    """Wear and return; and one who calls own purchases fraud."""
    customer = world.stranger(at - 30 * DAY) | {"ip": world.address(HOME)}
    for number in range(9):
        payment = world.pay(at - (9 - number) * 3 * DAY, 8_000, **customer)
        if number != 4:
            world.outcome(payment, OutcomeKind.REFUNDED, 2 * DAY)
    disputer = world.stranger(at - 30 * DAY) | {"ip": world.address(HOME)}
    for number in range(4):
        world.pay(at - (30 - 9 * number) * DAY, 6_000, fraud=True, **disputer)


def skimmed_terminal(world: Landscape, at: int) -> None:
    """A merchant whose customers' cards turn bad, for a fortnight."""
    merchant = Merchant(f"shop_skimmed_{at}", "5541", "DE")
    for number in range(30):
        when = at - 14 * DAY + number * 12 * HOUR
        who = world.copied() if number % 2 == 0 else {**world.any(), "channel": Channel.POS}
        world.pay(when, 6_000, fraud=number % 2 == 0, **{**who, "shop": merchant})


def odd_order(world: Landscape, at: int) -> None:
    """At a shop of small baskets somebody pays a fortune, at night; one in four is honest."""
    fraud = world.random.random() < 0.75
    night = at // DAY * DAY + 3 * HOUR
    who = {**world.any(), "shop": world.shop(4)}
    world.pay(
        night, 80_000, fraud=fraud, **(who | {"device_id": world.stranger(at)["device_id"]} if fraud else who)
    )


STAGES: Final = (
    card_testing, kiosk, bin_attack, bank_promotion, guessed_codes, short_of_funds, takeover,
    new_phone_abroad,
    dormant, failed_authentication, one_email_many_cards, purchasing_department, triangulation, parcel_locker,
    mule_ring, family_tablet, script, gamer, repeated_after_decline, teleport, proxies, goods, prepaid, again,
    refunds, skimmed_terminal, odd_order,
)  # fmt: skip
