"""CPU time of rules: microseconds a payment for 50 and 500 rules over batches of 1,000 payments.

    python -m bench.rules [--rows 1000]

The last line holds the figures as one JSON object.

Rules are generated (seeded) over the columns of the real catalogue and of payments, in the mix fraud teams
write: a window's count or sum beside a bound, two or three tests joined, countries, lists, parts of texts,
money with currency, metadata. Columns are cut from a matrix of the catalogue's width, as in the engine.
"""

import random
import time
from collections.abc import Callable
from typing import Any

import click
import numpy as np

from bench.place import announce
from features.catalogue import CATALOGUE
from models.money.exchange_rates import ReferenceRates
from models.rules.compiled_ruleset import CompiledRuleset
from models.rules.language.columns import RuleRows
from models.rules.payment_columns import PAYMENT_COLUMNS
from models.rules.ruleset import Ruleset
from models.seed import seed_tables
from streams.engine.decision.context import rule_schema

SIZES = (50, 500)
ROUNDS = 15
AIM_US = {50: 3.0, 500: 15.0}
COUNTRIES = ("DE", "FR", "US", "GB", "NL", "PL", "BR", "NG")
WORDS = {
    "currency": ("EUR", "USD", "GBP", "JPY"),
    "method": ("card", "wallet", "bank_debit"),
    "method_country": COUNTRIES,
    "ip_country": COUNTRIES,
    "merchant_country": COUNTRIES,
    "issuer_country": COUNTRIES,
    "mcc": ("5411", "5912", "7995", "6051", "5732"),
    "channel": ("ecommerce", "app", "moto"),
    "phase": ("pre_auth", "post_3ds"),
    "three_ds_result": ("Y", "A", "N", "U"),
    "avs_result": ("Y", "N", "Z"),
    "cvv_result": ("M", "N"),
}
PLACES = {name: place for place, name in enumerate(CATALOGUE.names)}
MANY = ("bin", "card", "customer", "device", "ip", "email", "merchant_id")


def source(rows: int, seed: int) -> tuple[np.ndarray, Callable[[str], Any]]:
    """A matrix as wide as the catalogue, and payment fields with the usual variety by name, as the engine
    gives both.
    """
    random_ = np.random.default_rng(seed)
    matrix = random_.integers(0, 50, (rows, len(CATALOGUE.names))).astype(np.float64)
    matrix[random_.random(matrix.shape) < 0.1] = np.nan
    fields = {name: _field(name, rows, random_) for name in PAYMENT_COLUMNS}
    texts = {name: each.tolist() for name, each in fields.items() if each.dtype == object}
    keys = ("gift", "night", "web", None)
    metadata = [keys[i] for i in random_.integers(0, 4, rows)]

    def column(name: str) -> Any:
        return metadata if name.startswith("metadata.") else texts.get(name, fields[name])

    return matrix, column


def _field(name: str, rows: int, random_: np.random.Generator) -> np.ndarray:
    if name in WORDS:
        return np.array([WORDS[name][i] for i in random_.integers(0, len(WORDS[name]), rows)], object)
    if name in MANY:
        return np.array([f"{name}_{i}" for i in random_.integers(400_000, 402_000, rows)], object)
    if PAYMENT_COLUMNS[name] == "text":
        return np.array(["x"] * rows, object)
    if PAYMENT_COLUMNS[name] == "boolean":
        return random_.random(rows) < 0.5
    if name in ("amount", "reference_amount"):
        return random_.integers(50, 900_000, rows)
    return random_.random(rows)


def rule_texts(count: int, seed: int = 1) -> list[str]:
    """Conditions, the same for the same seed."""
    chosen = random.Random(seed)
    return [" and ".join(_test(chosen) for _ in range(chosen.choice((1, 2, 2, 3)))) for _ in range(count)]


def _test(chosen: random.Random) -> str:
    feature = chosen.choice(CATALOGUE.names)
    text = chosen.choice(tuple(WORDS))
    value = chosen.choice(WORDS[text])
    forms = (
        f"{feature} > {chosen.randrange(1, 50)}",
        f"{feature} >= {chosen.randrange(1, 50)}",
        f"{feature} between {chosen.randrange(5)} and {chosen.randrange(5, 50)}",
        f"{feature} + 1 > {chosen.randrange(2, 40)}",
        f"{feature} is missing",
        f'{text} == "{value}"',
        f'{text} != "{value}"',
        f"ip_country {chosen.choice(('in', 'not in'))} {chosen.choice(('eu', 'eea', 'sepa'))}",
        f'mcc in ("{chosen.choice(WORDS["mcc"])}", "7995")',
        "ip_country != method_country",
        f"amount > {chosen.randrange(10, 5000)} {chosen.choice(('EUR', 'USD'))}",
        f"reference_amount > {chosen.randrange(1000, 500000)}",
        f'{chosen.choice(MANY)} in list("list_{chosen.randrange(5)}")',
        f'bin starts_with "bin_{chosen.randrange(400, 402)}"',
        'metadata.basket == "gift"',
        f"probability > 0.{chosen.randrange(1, 99):02}",
        "not liability_shift",
        f"({feature} > 10 or {chosen.choice(CATALOGUE.names)} > 20)",
    )
    return chosen.choice(forms)


def compiled(count: int) -> CompiledRuleset:
    """A ruleset of so many rules, with scores and actions."""
    chosen = random.Random(2)
    actions: tuple[dict[str, Any], ...] = (
        {"score": 10},
        {"score": 30},
        {"action": "review"},
        {"tag": "seen"},
    )
    rules = [
        {"id": f"rule_{at}", "description": "generated", "owner": "bench", "when": text}
        | chosen.choice(actions)
        for at, text in enumerate(rule_texts(count))
    ]
    schema = rule_schema(CATALOGUE)
    return Ruleset.from_dict({"name": "bench", "version": 2, "rules": rules}).compile(schema)


def measure(count: int, size: int) -> dict[str, Any]:
    """CPU of one ruleset: median and least over the rounds, in microseconds a payment."""
    ruleset = compiled(count)
    rates = ReferenceRates.from_bytes(seed_tables()["fx"])
    listed = {f"list_{at}": {f"card_40{i:04}" for i in range(0, 2000, 7)} for at in range(5)}
    taken = []
    for round_ in range(ROUNDS):
        times = np.full(size, 1_700_000_000_000 + round_)
        matrix, column = source(size, round_)

        def contains(name: str, values: list[Any]) -> np.ndarray:
            entries = listed[name]
            return np.fromiter((value in entries for value in values), np.bool_, len(values))

        merchants = column("merchant_id")
        keys = np.arange(size, dtype=np.uint64)
        rows = RuleRows(
            size, times, keys, merchants, column, contains, rates, matrix=matrix, places=PLACES
        )  # fmt: skip
        began = time.process_time()
        ruleset.run(rows)
        taken.append((time.process_time() - began) / size * 1e6)
    return {
        "rules": count,
        "rows": size,
        "steps": ruleset.steps,
        "cpu_us": sorted(taken)[len(taken) // 2],
        "cpu_us_least": min(taken),
    }


@click.command()
@click.option("--rows", "size", default=1_000, show_default=True, help="Payments a batch.")
@click.option("--bootstrap", expose_value=False)
@click.option("--home", expose_value=False)
def main(size: int) -> None:
    """Measure what rules cost."""
    measured = [measure(count, size) for count in SIZES]
    for found in measured:
        click.echo(
            f"{found['rules']:4} rules, {found['steps']:5} steps, batches of {size}: "
            f"{found['cpu_us']:6.2f} us CPU a payment, least {found['cpu_us_least']:.2f} "
            f"(aim {AIM_US[found['rules']]} us)"
        )
    announce({"rules": measured})


if __name__ == "__main__":
    main()
