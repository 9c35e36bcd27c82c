"""A small history: one feature that tells of fraud, one that does not, one that says the same again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from training.dataset.history import ATTEMPTS, EVIDENCE, NEVER, PARKED

DAY_MS = 86_400_000
START = 1_700_000_000_000 // DAY_MS * DAY_MS


@dataclass(frozen=True)
class SmallHistory:
    """See `training.dataset.history.PaymentHistory`."""

    attempts: pa.Table
    evidence: pa.Table
    matrix: NDArray[np.float64]
    names: tuple[str, ...] = ("tells", "noise", "tells_again", "constant", "card_frauds_learned_lifetime")
    extra_names: tuple[str, ...] = ()
    catalogue_hash: str = "0" * 16
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def parked(self) -> pa.Table:
        return PARKED.empty_table()

    def vectors(self, rows: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
        for start in range(0, len(rows), 700):
            yield self.matrix[rows[start : start + 700]]

    def labelled(self, fraud: NDArray[np.bool_]) -> "SmallHistory":
        """The same with other labels, known at the same times."""
        labels = pa.array(["fraud" if one else "legitimate" for one in fraud.tolist()])
        at = self.evidence.column_names.index("label")
        return replace(self, evidence=self.evidence.set_column(at, "label", labels))


def small_history(days: int = 60, per_day: int = 60, delay_days: int = 7, seed: int = 1) -> SmallHistory:
    """`per_day` payments a day, a tenth of them fraud, every label known after `delay_days`."""
    draw = np.random.default_rng(seed)
    n = days * per_day
    times = START + np.sort(draw.integers(0, days * DAY_MS, n))
    fraud = draw.random(n) < 0.1
    tells = fraud * 1.5 + draw.standard_normal(n)
    matrix = np.stack([tells, draw.standard_normal(n), tells, np.ones(n), draw.integers(0, 2, n)], axis=1)
    ids = [f"p{number}" for number in range(n)]
    never = np.full(n, NEVER)
    columns = [
        ["a"] * n, ids, np.ones(n, np.int64), times, np.full(n, 5_000), ["EUR"] * n, ["card"] * n, ["m"] * n,
        ["DE"] * n, ["ecommerce"] * n, np.ones(n, np.bool_), np.ones(n), np.zeros(n, np.bool_), never, never,
        never,
    ]  # fmt: skip
    said = [
        np.arange(n), ["a"] * n, ids, np.ones(n, np.int64), ["x"] * n, times + delay_days * DAY_MS,
        ["unspecified"] * n, np.ones(n, np.bool_), np.ones(n),
    ]  # fmt: skip
    attempts, evidence = (
        pa.table([pa.array(one, field.type) for one, field in zip(given, schema, strict=True)], schema=schema)
        for given, schema in ((columns, ATTEMPTS), (said, EVIDENCE))
    )
    return SmallHistory(attempts, evidence, matrix).labelled(fraud)
