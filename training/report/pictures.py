"""Pictures of a training report as PNG: every figure takes arrays and gives bytes.

The same arrays give the same bytes with one version of matplotlib: no date and no software is written in.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.arrays import Floats
from training.measures import Reliability

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curves = Mapping[str, tuple[Floats, Floats]]

SIZE: Final = (6.4, 4.2)
DPI: Final = 110
SHAP_FEATURES: Final = 20
COLOURS: Final = ("#1f5fa8", "#c2571a", "#5b8c3e", "#7a5ba6", "#8a8a8a")


def precision_recall(curves: Curves, base_rate: float) -> bytes:
    """Precision against recall of each model; the dotted line is what chance reaches."""
    figure, axis = _figure()
    for colour, (name, (recall, precision)) in zip(COLOURS, curves.items(), strict=False):
        axis.step(recall, precision, where="post", label=name, color=colour)
    axis.axhline(base_rate, linestyle=":", color="grey")
    axis.set(xlabel="recall: share of frauds flagged", ylabel="precision: share of flagged that is fraud",
             xlim=(0, 1), ylim=(0, 1.02))  # fmt: skip
    axis.legend()
    return _png(figure)


def calibration(reliability: Reliability) -> bytes:
    """Observed against predicted share of fraud, both logarithmic; bars are two standard errors."""
    figure, axis = _figure()
    low = max(1e-6, min(_least(reliability.predicted), _least(reliability.observed)) / 2)
    axis.plot([low, 1], [low, 1], linestyle=":", color="grey")
    observed = np.maximum(reliability.observed, low)
    down = np.minimum(2 * reliability.error, observed - low)
    bars = np.stack([down, 2 * reliability.error])
    axis.errorbar(reliability.predicted, observed, bars, fmt="o", color=COLOURS[0], capsize=3)
    axis.set(xscale="log", yscale="log", xlabel="predicted probability", ylabel="share that was fraud",
             xlim=(low, 1), ylim=(low, 1.5))  # fmt: skip
    return _png(figure)


def gain(curves: Curves) -> bytes:
    """Share of frauds found against share of payments flagged, logarithmic."""
    figure, axis = _figure()
    for colour, (name, (flagged, frauds)) in zip(COLOURS, curves.items(), strict=False):
        axis.plot(np.maximum(flagged, 1e-4), frauds, label=name, color=colour)
    even = np.geomspace(1e-4, 1, 50)
    axis.plot(even, even, linestyle=":", color="grey")
    axis.set(xscale="log", xlim=(1e-4, 1), ylim=(0, 1.02), xlabel="share of payments flagged",
             ylabel="share of frauds among them")  # fmt: skip
    axis.legend(loc="lower right")
    return _png(figure)


def cost(curves: Curves) -> bytes:
    """What declining from a threshold on costs; the lowest point is marked."""
    figure, axis = _figure()
    for colour, (name, (threshold, euro)) in zip(COLOURS, curves.items(), strict=False):
        axis.plot(np.maximum(threshold, 1e-5), euro, label=name, color=colour)
        best = int(np.argmin(euro))
        axis.plot(max(threshold[best], 1e-5), euro[best], "o", color=colour)
    axis.set(xscale="log", xlabel="decline from this probability on", ylabel="EUR a thousand payments",
             ylim=(0, None))  # fmt: skip
    axis.legend()
    return _png(figure)


def shap_summary(names: Sequence[str], values: Floats, matrix: Floats) -> bytes:
    """What each feature adds to the log-odds of each payment, shape (n, k); colour is its value by rank."""
    from matplotlib import colormaps

    mean = np.abs(values).mean(axis=0)
    top = np.argsort(-mean, kind="stable")[:SHAP_FEATURES]
    figure, axis = _figure((8.2, 0.32 * len(top) + 1.2))
    draw, colours = np.random.default_rng(0), colormaps["coolwarm"].with_extremes(bad="lightgrey")
    for place, at in enumerate(reversed(top.tolist())):
        spread = place + draw.uniform(-0.28, 0.28, len(values))
        rank = _ranks(matrix[:, at])
        axis.scatter(values[:, at], spread, c=rank, cmap=colours, vmin=0, vmax=1, s=5,
                     linewidths=0, plotnonfinite=True)  # fmt: skip
    axis.axvline(0, color="grey", linewidth=0.8)
    axis.set_yticks(range(len(top)), [names[at] for at in reversed(top.tolist())], fontsize=8)
    axis.set(xlabel="added to the log-odds of fraud (blue: low value, red: high, grey: unknown)")
    return _png(figure)


def drift(names: Sequence[str], index: Floats) -> bytes:
    """The features that moved most between learning and measuring."""
    top = np.argsort(-np.nan_to_num(index), kind="stable")[:SHAP_FEATURES][::-1]
    figure, axis = _figure((8.2, 0.3 * len(top) + 1.2))
    axis.barh(range(len(top)), index[top], color=COLOURS[0])
    for bound, style in ((0.1, ":"), (0.25, "--")):
        axis.axvline(bound, linestyle=style, color="grey")
    axis.set_yticks(range(len(top)), [names[at] for at in top], fontsize=8)
    axis.set(xlabel="population stability index (0.1: moved, 0.25: moved much)")
    return _png(figure)


def _least(values: Floats) -> float:
    positive = values[values > 0]
    return float(positive.min()) if len(positive) else 1.0


def _ranks(values: Floats) -> Floats:
    """Ranks from 0 to 1; unknown stays NaN, which is drawn grey."""
    known = ~np.isnan(values)
    distinct, place = np.unique(values[known], return_inverse=True)
    ranks = np.full(len(values), np.nan)
    ranks[known] = place / max(1, len(distinct) - 1)
    return ranks


def _figure(size: tuple[float, float] = SIZE) -> tuple["Figure", Any]:
    from matplotlib.figure import Figure  # drawn by Agg: a Figure of its own needs no display

    figure = Figure(figsize=size, layout="constrained")
    axis = figure.subplots()
    axis.spines[["top", "right"]].set_visible(False)
    return figure, axis


def _png(figure: "Figure") -> bytes:
    out = BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()
