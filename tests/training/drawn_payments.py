"""Payments whose chance of fraud is known: a data set to train on in a second."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from features.catalogue import CATALOGUE
from training.dataset.dataset import Dataset, build_dataset
from training.dataset.history import ATTEMPTS, EVIDENCE, NEVER, PARKED
from training.dataset.settings import DatasetSettings

DAY = 86_400_000
FIRST = 17_000 * DAY
TELLING = ("card_payment_count_1h", "amount_log2", "card_frauds_learned_lifetime")
NAMES = (*TELLING, "hour_of_day", "is_weekend", "merchant_payment_count_24h")
DELAY_DAYS = 3


@dataclass(frozen=True)
class Drawn:
    """A history of `rows` payments over `days`, labelled after `DELAY_DAYS`; the last feature is always 1."""

    rows: int = 6_000
    days: int = 80
    seed: int = 1
    fraud_share: float = 0.06

    names = NAMES
    extra_names = ()
    catalogue_hash = CATALOGUE.schema_hash
    inputs: Mapping[str, str] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", {"seed": str(self.seed)})

    @property
    def matrix(self) -> np.ndarray:
        draw = np.random.default_rng(self.seed)
        counts, amount = draw.poisson(2, self.rows), draw.normal(5, 2, self.rows)
        known, hour = draw.poisson(0.2, self.rows), draw.integers(0, 24, self.rows)
        columns = [counts, amount, known, hour, draw.integers(0, 2, self.rows), np.ones(self.rows)]
        matrix = np.column_stack(columns).astype(np.float64)
        matrix[draw.random(self.rows) < 0.1, 1] = np.nan
        return matrix

    @property
    def fraud(self) -> np.ndarray:
        matrix = np.nan_to_num(self.matrix)
        score = matrix[:, 0] + (matrix[:, 1] > 7) * 2.0 + 2.5 * matrix[:, 2]
        total = score + np.random.default_rng(self.seed + 1).logistic(size=self.rows)
        return total > np.quantile(total, 1 - self.fraud_share)

    @property
    def times(self) -> np.ndarray:
        return FIRST + np.sort(np.random.default_rng(self.seed).integers(0, self.days * DAY, self.rows))

    @property
    def attempts(self) -> pa.Table:
        text = {
            name: pa.array([name] * self.rows) for name in ("merchant_account", "merchant_id", "currency")
        }
        own = text | {
            "payment_id": pa.array([f"p{at}" for at in range(self.rows)]),
            "attempt": pa.array(np.ones(self.rows, np.int64)), "occurred_at": pa.array(self.times),
            "amount": pa.array(1_000 + 37 * (np.arange(self.rows) % 700)),
            "method": pa.array(["card"] * self.rows), "merchant_country": pa.array(["DE"] * self.rows),
            "channel": pa.array(["app" if at % 3 else "ecommerce" for at in range(self.rows)]),
            "passed": pa.array(np.ones(self.rows, np.bool_)), "propensity": pa.array(np.ones(self.rows)),
            "holdout": pa.array(np.zeros(self.rows, np.bool_)),
        }  # fmt: skip
        never = pa.array(np.full(self.rows, NEVER))
        return pa.table([own.get(name, never) for name in ATTEMPTS.names], schema=ATTEMPTS)

    @property
    def evidence(self) -> pa.Table:
        attempts = self.attempts
        own = {
            "row": pa.array(np.arange(self.rows)),
            "label": pa.array(np.where(self.fraud, "fraud", "legitimate")),
            "known_at": pa.array(self.times + DELAY_DAYS * DAY),
            "source": pa.array(["replay"] * self.rows), "final": pa.array(np.ones(self.rows, np.bool_)),
            "weight": pa.array(np.ones(self.rows)),
        }  # fmt: skip
        columns = [own[name] if name in own else attempts[name] for name in EVIDENCE.names]
        return pa.table(columns, schema=EVIDENCE)

    @property
    def parked(self) -> pa.Table:
        return PARKED.empty_table()

    def vectors(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        yield self.matrix[rows]


def dataset(folder: Path, of: Drawn | None = None, **more: object) -> Dataset:
    """The data set of drawn payments, as known three days after the last."""
    of = of or Drawn()
    as_of = int(of.times[-1]) + DELAY_DAYS * DAY
    settings = DatasetSettings(as_of=as_of, silence="never", **more)  # type: ignore[arg-type]
    return build_dataset(of, settings, folder)
