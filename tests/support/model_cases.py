"""Small payments with known truth, and models of any quality for them, to hold gates against."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lightgbm
import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from models.scoring.calibration import Platt
from models.scoring.model import ModelArtefact
from models.seed import seed_model_artefact
from models.units import DAY_MS
from training.dataset.manifest import DatasetManifest, HoldoutCounts, SamplingCounts, sha256_of
from training.dataset.settings import DatasetSettings
from training.measures.platt_scaling import fit_platt
from training.tree_settings import COMMON

NAMES = (
    "card_payment_count_1h",
    "card_hours_since_first_payment",
    "customer_payment_count_30d",
    "ip_payment_count_1h",
)
"""Columns of `cases`: two that tell, one that says whether the card is known, one that tells nothing."""

HASH = "c0ffee" * 10
START = 1_700_006_400_000
"""A UTC midnight."""

LEARNED_DAYS, JUDGED_DAYS = 10, 14


@dataclass(frozen=True)
class Sampled:
    whole_from: int = 0


@dataclass(frozen=True)
class Facts:
    """What is read of `training.dataset.manifest.DatasetManifest`; labels are matured for all days."""

    as_of: int = START + (LEARNED_DAYS + JUDGED_DAYS) * DAY_MS
    catalogue_hash: str = HASH
    features: tuple[str, ...] = NAMES
    maturity: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    sampling: Sampled = Sampled()


@dataclass(frozen=True)
class Cases:
    """What `training.dataset.dataset.Dataset` gives, made in memory."""

    label: NDArray[np.int8]
    weight: NDArray[np.float64]
    occurred_at: NDArray[np.int64]
    amount: NDArray[np.int64]
    segments: dict[str, NDArray[Any]]
    manifest: Facts
    columns: dict[str, NDArray[np.float64]]

    def matrix(self, names: Sequence[str]) -> NDArray[np.float64]:
        return np.stack([self.columns[name] for name in names], axis=1)

    def learned(self) -> NDArray[np.bool_]:
        """The payments of the first days."""
        return self.occurred_at < START + LEARNED_DAYS * DAY_MS

    def with_label(self, label: NDArray[np.int8]) -> "Cases":
        return replace(self, label=label)


def cases(seed: int = 1, count: int = 24_000) -> Cases:
    """Payments over 24 days, 3 % of them fraud, which two columns give away in part."""
    draw = np.random.default_rng(seed)
    days = LEARNED_DAYS + JUDGED_DAYS
    occurred_at = START + np.sort(draw.integers(0, days * DAY_MS, count))
    fraud = draw.random(count) < 0.03
    first = draw.normal(0, 1, count) + 1.6 * fraud
    second = draw.normal(0, 1, count) + 1.6 * fraud
    known = np.where(draw.random(count) < 0.3, np.nan, draw.integers(1, 500, count))
    values = (first, known, second, draw.normal(0, 1, count))
    return Cases(
        label=fraud.astype(np.int8),
        weight=np.ones(count),
        occurred_at=occurred_at,
        amount=np.exp(draw.normal(8, 1, count)).astype(np.int64),
        segments={
            "method": draw.choice(np.array(["card", "wallet"], object), count),
            "merchant_country": draw.choice(np.array(["DE", "FR", "GB", None], object), count),
        },
        manifest=Facts(),
        columns=dict(zip(NAMES, values, strict=True)),
    )


def artefact(
    of: Cases,
    names: Sequence[str] = NAMES,
    label: NDArray[np.int8] | None = None,
    trees: int = 25,
    **changes: Any,
) -> bytes:
    """A model of the first days of `of` by these features; `changes` replace parts of the document."""
    rows, fraud = of.learned(), (of.label if label is None else label) == 1
    matrix = of.matrix(names)[rows]
    parameters = COMMON | {"num_leaves": 7, "learning_rate": 0.1, "min_data_in_leaf": 50}
    columns = lightgbm.Dataset(matrix, fraud[rows], feature_name=list(names))
    booster = lightgbm.train(parameters, columns, trees)
    raw = np.asarray(booster.predict(matrix, raw_score=True, num_threads=1))
    document = {
        "kind": "model",
        "format": 1,
        "features": list(names),
        "catalogue_hash": HASH,
        "calibration": fit_platt(raw, fraud[rows]),
        "booster": booster.model_to_string(),
        "trained": {"to": START + LEARNED_DAYS * DAY_MS},
    }
    return msgspec.json.encode(document | changes)


def changed(blob: bytes, **changes: Any) -> bytes:
    """The same artefact with other parts."""
    return msgspec.json.encode(msgspec.json.decode(blob) | changes)


def stretched(blob: bytes, by: float, shift: float = 0.0) -> bytes:
    """The same ranking, with log-odds `by` times as far out and shifted."""
    platt_now = msgspec.convert(msgspec.json.decode(blob)["calibration"], Platt)
    return changed(blob, calibration=Platt(platt_now.a * by, platt_now.b * by + shift))


def write(of: Cases, folder: Path) -> Path:
    """`of` as a data set folder; what only the seed model reads is unknown."""
    count = len(of.label)
    columns: dict[str, Any] = {
        "merchant_account": np.full(count, "acme", object),
        "payment_id": np.array([f"p{at}" for at in range(count)], object),
        "attempt": np.ones(count, np.int64),
        "occurred_at": of.occurred_at,
        "amount": of.amount,
        "currency": np.full(count, "EUR", object),
        "method": of.segments["method"],
        "merchant_id": np.full(count, "m1", object),
        "merchant_country": of.segments["merchant_country"],
        "channel": np.full(count, "ecommerce", object),
        "label": of.label,
        "weight": of.weight,
        "known_at": of.occurred_at + 7 * DAY_MS,
        "source": np.full(count, "chargeback", object),
        "propensity": np.ones(count),
    }
    folder.mkdir(parents=True, exist_ok=True)
    seed = msgspec.json.decode(seed_model_artefact(), type=ModelArtefact).features
    blank = {name: np.full(count, np.nan) for name in seed if name not in of.columns}
    parquet.write_table(pa.table(columns | of.columns | blank), folder / "dataset.parquet")
    facts = of.manifest
    DatasetManifest(
        as_of=facts.as_of, start=START, end=facts.as_of, catalogue_hash=facts.catalogue_hash,
        features=(*facts.features, *blank), rows={}, sources={}, prior=None, maturity=facts.maturity,
        sampling=SamplingCounts(1.0, facts.sampling.whole_from, 0), holdout=HoldoutCounts(0, 0, 1.0),
        evidence={},
        parked={}, settings=DatasetSettings(as_of=facts.as_of), inputs={},
        sha256=sha256_of(folder / "dataset.parquet"),
    ).write(folder)  # fmt: skip
    return folder
