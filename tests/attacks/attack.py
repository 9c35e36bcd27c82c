"""What an attack is, and what came of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.attacks.stage import Stage


class Succeeded(Exception):  # noqa: N818 - named by what happened
    """The attack did what it must not; the message says what."""


@dataclass(frozen=True)
class Attack:
    """One attack. `run` returns what was seen of the defence, and raises `Succeeded`."""

    name: str
    item: int
    """Which item of the threat model it belongs to."""
    attacker: str
    may: str
    """What the attacker may do."""
    must: str
    """What must happen."""
    run: Callable[["Stage"], str]


@dataclass
class AttackOutcome:
    """What came of one attack."""

    attack: Attack
    evidence: str = ""
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def refused(self) -> bool:
        return not self.problems


_ATTACKS: list[Attack] = []


def attack(
    item: int, attacker: str, may: str, must: str
) -> Callable[[Callable[["Stage"], str]], Callable[["Stage"], str]]:
    """Registers a function as an attack under its own name."""

    def register(run: Callable[["Stage"], str]) -> Callable[["Stage"], str]:
        _ATTACKS.append(Attack(run.__name__.replace("_", "-"), item, attacker, may, must, run))
        return run

    return register


def attacks(only: str | None = None, item: int | None = None) -> Iterator[Attack]:
    """All attacks, or those whose name holds `only`, or of one item; by item."""
    chosen = [each for each in _ATTACKS if (only is None or only in each.name) and item in (None, each.item)]
    return iter(sorted(chosen, key=lambda each: each.item))


_NUMBERS = count(1)


def fresh(prefix: str) -> str:
    """An id that begins so and that this run has not used. Short: a clock's digits look like a card number
    now and then, and what holds one is refused for that.
    """
    return f"{prefix}{next(_NUMBERS)}"


def demand(holds: object, otherwise: str) -> None:
    """Raises `Succeeded` where something does not hold that must."""
    if not holds:
        raise Succeeded(otherwise)
