"""Has the simulated world the shape of the public payment sets? Prints a table; exits 1 where it has not.

    python -m tests.checks.world_shape [--per-day 1000] [--seed 1] [--data ../shared/data]

Seventy days of each. ucsd_fico is the only real set, so it is the measure: a figure of the world may lie no
further from it than `TOLERANCE` times the further of the two published simulators (sparkov, handbook), and on
at least half of all figures the world must be nearer to it than both of them. ucsd_fico has one merchant:
there the zip code stands for the shop. Amounts are compared on a log scale, less their median. Needs the sets
under ../shared/data.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet

from simulation.payments.columns import joined
from simulation.world.world import World

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
DAYS: Final = 70
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
TOLERANCE: Final = 1.5
REAL: Final = "ucsd_fico"
START_MS: Final = 1_735_689_600_000

Numbers = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Sample:
    """Payments as columns: epoch ms, card and shop as numbers, amount in minor units."""

    at: Numbers
    card: Numbers
    shop: Numbers
    amount: Numbers

    def first(self, days: int) -> "Sample":
        """The payments of the first days."""
        kept = self.at < (self.at.min() // DAY_MS + days) * DAY_MS
        return Sample(self.at[kept], self.card[kept], self.shop[kept], self.amount[kept])


def published(name: str, data: Path) -> Sample:
    """A public set."""
    table = pyarrow.parquet.read_table(data / name / "payments.parquet")
    return SETS[name]({column: table[column].to_numpy() for column in table.column_names}).first(DAYS)


def _ucsd(columns: Mapping[str, Numbers]) -> Sample:
    places = np.char.add(columns["state1"].astype(str), columns["zip1"].astype(str))
    at = columns["day"].astype(np.int64) * DAY_MS + columns["hour1"].astype(np.int64) * HOUR_MS
    amount = np.rint(columns["amount"] * 100)
    return Sample(at + columns["seq"], _numbered(columns["custAttr1"]), _numbered(places), amount)


def _sparkov(columns: Mapping[str, Numbers]) -> Sample:
    card, shop = _numbered(columns["cust_id"]), _numbered(columns["merchant"].astype(str))
    return Sample(columns["unix_time"].astype(np.int64) * 1000, card, shop, columns["amt_cents"])


def _handbook(columns: Mapping[str, Numbers]) -> Sample:
    amount = np.rint(columns["TX_AMOUNT"] * 100)
    card, shop = _numbered(columns["CUSTOMER_ID"]), _numbered(columns["TERMINAL_ID"])
    return Sample(columns["TX_TIME_SECONDS"].astype(np.int64) * 1000, card, shop, amount)


SETS: Final[dict[str, Callable[[Mapping[str, Numbers]], Sample]]] = {
    REAL: _ucsd,
    "sparkov": _sparkov,
    "handbook": _handbook,
}


def simulated(seed: int, per_day: int) -> Sample:
    """Seventy days of a world."""
    world = World(seed, START_MS, per_day=per_day, days=DAYS)
    paid = joined([world.columns(day) for day in range(DAYS)])
    return Sample(paid.occurred_at, _numbered(paid.card), paid.shop, paid.cents)


def figures(sample: Sample) -> dict[str, float]:
    """What the shape of payments is measured by."""
    return {**_amounts(sample), **_degrees(sample), **_clock(sample), **_gaps(sample)}


def _amounts(sample: Sample) -> dict[str, float]:
    """Spread of log amounts, and how often the commonest amounts come (price lists)."""
    logs = np.log(sample.amount[sample.amount > 0])
    low, quarter, median, three, high = np.quantile(logs, [0.05, 0.25, 0.5, 0.75, 0.95])
    _, counts = np.unique(sample.amount, return_counts=True)
    return {
        "log amount: standard deviation": float(logs.std()),
        "log amount: median - 5 %": float(median - low),
        "log amount: median - 25 %": float(median - quarter),
        "log amount: 75 % - median": float(three - median),
        "log amount: 95 % - median": float(high - median),
        "ten commonest amounts: share": float(np.sort(counts)[-10:].sum() / len(sample.amount)),
    }


def _degrees(sample: Sample) -> dict[str, float]:
    """How payments are spread over cards and shops, and cards over shops."""
    card, shop = np.bincount(sample.card), np.bincount(sample.shop)
    pairs = np.unique(sample.shop.astype(np.int64) << 32 | sample.card.astype(np.int64)) >> 32
    card, shop, cards = (counts[counts > 0] for counts in (card, shop, np.bincount(pairs)))
    return {
        "payments of a card: once only": float((card == 1).mean()),
        "payments of a card: Gini": gini(card),
        "payments of a card: share of the top 1 %": top(card),
        "payments of a card: 1 / tail index": 1 / tail_index(card),
        "payments of a shop: Gini": gini(shop),
        "payments of a shop: share of the top 1 %": top(shop),
        "payments of a shop: 1 / tail index": 1 / tail_index(shop),
        "cards of a shop: Gini": gini(cards),
    }


def _clock(sample: Sample) -> dict[str, float]:
    hour = np.bincount(sample.at // HOUR_MS % 24, minlength=24) / len(sample.at)
    week = np.bincount(sample.at // DAY_MS % 7, minlength=7) / len(sample.at)
    day = np.bincount(sample.at // DAY_MS - sample.at.min() // DAY_MS)
    return {
        "hour: busiest": float(hour.max()),
        "hour: quietest": float(hour.min()),
        "weekday: busiest": float(week.max()),
        "weekday: quietest": float(week.min()),
        "payments of a day: variation": float(day.std() / day.mean()),
    }


def _gaps(sample: Sample) -> dict[str, float]:
    """Time between two payments of a card; burstiness after Goh and Barabasi (2008)."""
    order = np.lexsort((sample.at, sample.card))
    same = np.diff(sample.card[order]) == 0
    hours = np.diff(sample.at[order])[same] / HOUR_MS
    return {
        "gap: variation": float(hours.std() / hours.mean()),
        "gap: burstiness": float((hours.std() - hours.mean()) / (hours.std() + hours.mean())),
        "gap: under an hour": float((hours < 1).mean()),
        "gap: under a day": float((hours < 24).mean()),
    }


def gini(counts: Numbers) -> float:
    """0 where all are equal, near 1 where one has all.

    >>> gini(np.array([5, 5, 5])), round(gini(np.array([0, 0, 0, 8])), 2)
    (0.0, 0.75)
    """
    ascending, many = np.sort(counts), len(counts)
    return float(
        2 * (np.arange(1, many + 1) * ascending).sum() / (many * ascending.sum()) - (many + 1) / many
    )


def top(counts: Numbers) -> float:
    """Share of the largest hundredth."""
    return float(np.sort(counts)[-max(1, round(len(counts) / 100)) :].sum() / counts.sum())


def tail_index(counts: Numbers) -> float:
    """Hill's estimator over the largest twentieth: the smaller, the heavier the tail."""
    descending = np.sort(counts)[::-1].astype(float)
    reach = max(10, len(counts) // 20)
    return float(1 / max(np.log(descending[:reach] / descending[reach]).mean(), 1e-9))


def compare(
    world: Mapping[str, float], sets: Mapping[str, Mapping[str, float]]
) -> tuple[list[str], list[str]]:
    """The table's lines, and what is wrong with the world's shape."""
    lines = [f"{'':<42}{'world':>9}" + "".join(f"{name:>11}" for name in sets) + f"{'allowed':>17}"]
    wrong, nearest = [], 0
    others = [name for name in sets if name != REAL]
    for name, figure in world.items():
        real = sets[REAL][name]
        apart = [abs(sets[other][name] - real) for other in others]
        low, high = max(real - TOLERANCE * max(apart), 0.0), real + TOLERANCE * max(apart)
        inside, near = low <= figure <= high, abs(figure - real) < min(apart)
        nearest += near
        if not inside:
            wrong.append(f"{name} is {figure:.3f}, not within {low:.3f} .. {high:.3f}")
        lines.append(
            f"{name:<42}{figure:9.3f}" + "".join(f"{one[name]:11.3f}" for one in sets.values())
            + f"{low:9.3f}{high:8.3f}" + ("  nearest" if near else "") + ("" if inside else "  OUTSIDE")
        )  # fmt: skip
    lines.append(f"nearer to {REAL} than both published simulators: {nearest} of {len(world)} figures")
    if 2 * nearest < len(world):
        wrong.append(f"only {nearest} of {len(world)} figures are nearest to {REAL}; at least half must be")
    return lines, wrong


def main() -> int:
    """Compares and prints; 1 where the shape is wrong."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--per-day", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--data", type=Path, default=DATA, help="folder of the public sets")
    given = options.parse_args()
    missing = [name for name in SETS if not (given.data / name / "payments.parquet").exists()]
    if missing:
        print(f"needs {', '.join(missing)} under {given.data}", file=sys.stderr)
        return 2
    sets = {name: figures(published(name, given.data)) for name in SETS}
    lines, wrong = compare(figures(simulated(given.seed, given.per_day)), sets)
    print("\n".join(lines + wrong))
    return 1 if wrong else 0


def _numbered(values: Numbers) -> Numbers:
    return np.unique(values, return_inverse=True)[1]


if __name__ == "__main__":
    sys.exit(main())
