"""Operators in a crash test: they publish signed controls all the while, and somebody without a key tries to.

    python -m tests.crash.operators --bootstrap HOST:PORT --engine NAME --home FOLDER --seconds S

A process of its own, as the issuer. What somebody without a key sends has a key that begins with `attack-`: a
control that nobody signed, or one that was signed and acted before. Nothing of that may act.
"""

import os
import time
from pathlib import Path

import click
from confluent_kafka import KafkaException

from models.messages import Change, Control, ListChange, RulesetChange, encode
from streams.control_plane.controls import publish, publish_values
from streams.errors import TollgateError
from streams.kafka.records import records
from streams.kafka.topics import Topics
from streams.keys import Keyring, keyring_of
from streams.settings import Settings

ATTACK = "attack-"
PAUSE_S = 0.3
ATTACKS_MIN, LONGER_S = 2, 45.0
"""At least so many attacks, for so much longer than asked for at most: a busy machine publishes slowly."""
OPEN = {
    "id": "open", "description": "Everything is let through", "owner": "mallory", "when": "amount > 0 EUR",
    "action": "allow",
}  # fmt: skip


def ruleset(number: int) -> RulesetChange:
    """Rules of which each version names itself; one puts cards on a list, which the engine signs."""
    rule = {
        "id": f"seen_{number}", "description": "d", "owner": "o", "when": "amount > 0 EUR", "sample": 0.02,
        "put_on_list": {"list": "seen_cards", "of": "card", "hours": 24},
    }  # fmt: skip
    return RulesetChange({"name": "crash", "version": 2, "rules": [rule]})


def changes(number: int) -> list[Change]:
    """What the operators publish next."""
    if number % 4 == 0:
        return [ruleset(number)]
    return [ListChange("blocked_devices", f"dev_{number}_{each}") for each in range(number % 4)]


def attack(bootstrap: str, engine: str, number: int) -> None:
    """One control that nobody signed, or an old one again."""
    value = encode(Control(f"{ATTACK}{number}", 0, "mallory", RulesetChange({"name": "m", "rules": [OPEN]})))
    if number % 2:
        signed = (record for record in records(bootstrap, Topics(engine)["controls"]) if _is_signed(record))
        value = next(signed).value()
    publish_values(bootstrap, engine, [f"{ATTACK}{number}"], lambda: [value])


def _is_signed(record: object) -> bool:
    return b'"signed_control"' in (record.value() or b"")  # type: ignore[attr-defined]


@click.command()
@click.option("--bootstrap", required=True)
@click.option("--engine", required=True)
@click.option("--home", type=click.Path(path_type=Path), required=True)
@click.option("--seconds", type=float, required=True)
def main(bootstrap: str, engine: str, home: Path, seconds: float) -> None:
    """Publish until the time is over; a broker that is away for a while delays it."""
    started_by, until = os.getppid(), time.monotonic() + seconds
    keyring = keyring_of(Settings(home=home))
    number, attacks = 0, 0
    while time.monotonic() < until or (attacks < ATTACKS_MIN and time.monotonic() < until + LONGER_S):
        if os.getppid() != started_by:
            raise SystemExit("the run that wanted controls is over")
        number += 1
        attacks += _publish(bootstrap, engine, number, keyring)
        time.sleep(PAUSE_S)


def _publish(bootstrap: str, engine: str, number: int, keyring: Keyring | None) -> int:
    """One change, and every other time an attack: how many attacks there were."""
    try:
        publish(bootstrap, engine, changes(number), "typed", f"change {number}", keyring)
        if number % 2 == 0:
            attack(bootstrap, engine, number // 2)
            return 1
    except (TollgateError, KafkaException) as away:
        click.echo(f"{number}: {away}")
    return 0


if __name__ == "__main__":
    main()
