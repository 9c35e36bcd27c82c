"""A backtest by day as a picture: what is caught, what is hit by mistake, what fraud passes.

Days of which more than a tenth is not known yet are grey: their lines will rise.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

UNKNOWN_SHARE: Final = 0.1
PANELS: Final = (
    ("frauds_caught", "frauds caught"),
    ("mistakes", "legitimate declined or reviewed"),
    ("fraud_bp_by_value", "fraud that passes, bp of value"),
)


def draw(days: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Writes a PNG. Raises `ModuleNotFoundError` without matplotlib (the `training` extra brings it)."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(len(PANELS), 1, sharex=True, figsize=(10, 8), layout="constrained")
    for axis, (name, title) in zip(axes, PANELS, strict=True):
        for who, style in (("base", "--"), ("new", "-")):
            line = [(at, day[who][name]) for at, day in enumerate(days) if who in day]
            if line:
                axis.plot([at for at, _ in line], [_plain(value) for _, value in line], style, label=who)
        axis.set_title(title, loc="left", fontsize=10)
        axis.set_ylim(bottom=0)
        for at, day in enumerate(days):
            if day["new"]["unknown"] > UNKNOWN_SHARE * day["new"]["payments"]:
                axis.axvspan(at - 0.5, at + 0.5, color="lightgrey", linewidth=0)
    axes[0].legend()
    step = max(1, len(days) // 10)
    axes[-1].set_xticks(range(0, len(days), step), [str(day["day"]) for day in days[::step]], rotation=30)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _plain(value: float | None) -> float:
    return float("nan") if value is None else value
