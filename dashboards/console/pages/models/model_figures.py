"""Figures of the models as the page draws them; computed in `models.fraud_figures` and `models.rollout`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards.console.design.formats import KNOWN_MIN
from models.fraud_figures import ScoreBin, area_under_roc, curve, observed_over_expected
from models.messages import TrialBounds
from models.rollout import psi_micro
from models.units import MICRO

EDGES: Final = (
    0.0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7,
    0.8, 0.9, 0.95, 0.99,
)  # fmt: skip
TONES: Final = {"champion": "accent", "challenger": "review"}
VERSION_DIGITS: Final = 16
FRAUDS_MIN: Final = 10
"""Frauds known below which an area under a curve says nothing."""


@dataclass(frozen=True)
class ModelFigures:
    """One model on payments whose truth is known."""

    role: str
    version: str
    bins: tuple[ScoreBin, ...]
    scores: int | None = None
    """All it gave in the period, known truth or not; None where nobody counted."""

    @property
    def is_enough(self) -> bool:
        """Whether enough is known for a curve to say something: payments, and frauds among them."""
        return self.payments >= KNOWN_MIN and self.frauds >= FRAUDS_MIN

    @property
    def payments(self) -> int:
        """Whose truth is known."""
        return sum(each.payments for each in self.bins)

    @property
    def frauds(self) -> int:
        """Among them."""
        return sum(each.frauds for each in self.bins)

    @property
    def auc(self) -> float | None:
        """Area under the ROC curve."""
        return area_under_roc(self.bins)

    @property
    def observed(self) -> float | None:
        """Frauds over what the probabilities add up to."""
        return observed_over_expected(self.bins)


def figures(
    rows: Iterable[Mapping[str, Any]], scored: Iterable[Mapping[str, Any]] = ()
) -> list[ModelFigures]:
    """From rows of `models/bins` and `models/scored`: one a role and model, the champion first."""
    scores = {(row["role"], row["scored_by"]): int(row["scores"]) for row in scored}
    found: dict[tuple[str, str], list[ScoreBin]] = {}
    for row in rows:
        made = ScoreBin(EDGES[row["bin"]], row["payments"], row["frauds"], row["expected"])
        found.setdefault((row["role"], row["scored_by"]), []).append(made)
    made_of = [
        ModelFigures(
            role,
            version,
            tuple(sorted(bins, key=lambda each: each.from_probability)),
            scores.get((role, version)),
        )
        for (role, version), bins in found.items()
    ]
    return sorted(made_of, key=lambda each: (each.role != "champion", -each.payments))


def curve_chart(models: Sequence[ModelFigures]) -> dict[str, Any]:
    """Precision by recall, one line a model, on a common axis of recall."""
    points = {one.version: [p for p in curve(one.bins) if p.recall is not None] for one in models}
    recalls = sorted({round(p.recall or 0.0, 4) for found in points.values() for p in found})
    series = [
        {
            "name": f"{one.role} {one.version[:8]}",
            "tone": TONES.get(one.role, "muted"),
            "values": [_precision_at(points[one.version], recall) for recall in recalls],
        }
        for one in models
    ]
    return {"x": recalls, "x_name": "recall", "time": False, "unit": "%", "max": 1, "series": series}


def _precision_at(points: Sequence[Any], recall: float) -> float | None:
    """Of the highest threshold that reaches this recall."""
    return next((p.precision for p in points if round(p.recall, 4) >= recall), None)


def calibration_chart(model: ModelFigures) -> dict[str, Any]:
    """What came true by what the model said; on the dashed line both are the same."""
    known = [each for each in model.bins if each.payments]
    said = [each.mean_probability for each in known]
    return {
        "x": said, "x_name": "said", "time": False, "unit": "%",
        "series": [
            {"name": "came true", "tone": TONES.get(model.role, "accent"),
             "values": [each.fraud_rate for each in known]},
            {"name": "as said", "tone": "muted", "dash": True, "values": said},
        ],
    }  # fmt: skip


def drift_chart(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], float | None]:
    """PSI of each day's probabilities against all days before, and that of the last whole day."""
    days: list[tuple[int, dict[int, int]]] = [
        (round(row["time"].timestamp()), dict(row["histogram"])) for row in rows
    ]
    before: dict[int, int] = {}
    seconds, values = [], []
    for second, counts in days:
        if before:
            seconds.append(second)
            values.append(_psi(counts, before))
        for bucket, count in counts.items():
            before[bucket] = before.get(bucket, 0) + count
    series = [
        {"name": "PSI", "tone": "accent", "values": values},
        {"name": "a shift to act on", "tone": "decline", "dash": True, "values": [0.25] * len(values)},
    ]
    return {"x": seconds, "time": True, "unit": "", "series": series}, values[-1] if values else None


def _psi(seen: Mapping[int, int], expected: Mapping[int, int]) -> float | None:
    buckets = sorted(bucket for bucket in {*seen, *expected} if bucket >= 0)
    mine, theirs = ([one.get(bucket, 0) for bucket in buckets] for one in (seen, expected))
    return psi_micro(mine, theirs) / MICRO if sum(mine) and sum(theirs) else None


@dataclass(frozen=True)
class GateLine:
    """A bound of a trial, and what was measured."""

    name: str
    measured: float | None
    bound: float | None
    unit: str

    @property
    def is_kept(self) -> bool | None:
        """None where it is not watched, or nothing was measured yet."""
        return None if self.measured is None or self.bound is None else self.measured <= self.bound


def gates(bounds: TrialBounds, trial: Mapping[str, Any] | None) -> list[GateLine]:
    """The bounds that end a trial by themselves. The engine measures by windows of its own; this is the whole
    trial so far.
    """
    row = trial or {}
    decisions, inside = row.get("decisions") or 0, row.get("canary_decisions") or 0
    errors = row["without_probability"] / decisions if decisions else None
    gap = row["verdict_gap"] if inside and decisions > inside else None
    psi = None
    if decisions and sum(row["challenger_histogram"]) and sum(row["champion_histogram"]):
        psi = psi_micro(row["challenger_histogram"], bounds.reference or row["champion_histogram"]) / MICRO
    return [
        GateLine("Shift of scores (PSI)", psi, _share(bounds.psi_max), ""),
        GateLine("Largest difference of a verdict's share", gap, _share(bounds.verdict_gap_max), "%"),
        GateLine("Payments without a score", errors, _share(bounds.errors_max), "%"),
    ]


def _share(micro: int | None) -> float | None:
    return None if micro is None else micro / MICRO
