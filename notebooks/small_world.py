"""What the notebooks share: a small simulated world, made once, and how their pictures look.

The files lie in the folder NOTEBOOK_DATA names, or in `.data` beside the notebooks; delete it to begin anew.
"""

import os
from pathlib import Path

import matplotlib.pyplot as plt

from tollgate import World, write_world

START_MS = 1_767_225_600_000
"""2026-01-01, UTC."""

DAYS = 50
FRAUD, GOOD, OTHER, PALE = "#c0392b", "#1f6f8b", "#d99a2b", "#b8c4cc"

WORLD = World(7, START_MS, per_day=300, days=DAYS, fraud=0.03)
"""15,000 payments; far more fraud than in life, so that a small world has enough to look at."""


def folder() -> Path:
    """Where `payments.parquet`, `labels.parquet` and `truth.parquet` lie, made if need be."""
    found = Path(os.environ.get("NOTEBOOK_DATA") or Path(__file__).with_name(".data"))
    names = [found / f"{name}.parquet" for name in ("payments", "labels", "truth")]
    if not all(name.exists() for name in names):
        found.mkdir(parents=True, exist_ok=True)
        write_world(WORLD, *names)
    return found


def style() -> None:
    """Quiet axes, one size of figure."""
    plt.rcParams.update({
        "figure.figsize": (9, 3.4), "figure.dpi": 110, "figure.constrained_layout.use": True,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "axes.axisbelow": True,
        "grid.color": "#e6eaed", "grid.linewidth": 0.8, "axes.edgecolor": "#8a969e", "font.size": 10,
        "axes.titlesize": 11, "axes.titleweight": "bold", "axes.titlelocation": "left",
        "legend.frameon": False, "lines.linewidth": 2,
    })  # fmt: skip
