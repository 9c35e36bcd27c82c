"""The board of the objectives: how well they are kept, and what is left of their budgets."""

from typing import Final

from dashboards.objectives import AVAILABILITY, OBJECTIVES, WINDOW_DAYS, Objective
from dashboards.panels import Board, BoardPanel, series


def _row(objective: Objective) -> tuple[BoardPanel, ...]:
    errors = objective.errors.format(window=f"{WINDOW_DAYS}d")
    column = "instance" if objective is AVAILABILITY else "engine"
    return (
        BoardPanel(
            f"{objective.name}: budget left",
            f"{objective.promise}, over {WINDOW_DAYS} days. Below 0 the promise is broken.",
            (series(f"1 - ({errors}) / {objective.budget:.6g}", "left", column),),
            "percentunit",
            "number",
            width=6,
            limit=0,
            is_bad_below=True,
        ),
        BoardPanel(
            f"{objective.name}: failed",
            "Share of bad events in the last hour; the promise allows "
            f"{100 * objective.budget:.3g} % over {WINDOW_DAYS} days.",
            (series(f"{objective.record}1h", f"{{{{{column}}}}}", column),),
            "percentunit",
            width=9,
            limit=objective.budget,
        ),
        BoardPanel(
            f"{objective.name}: burn rate",
            "1 uses the budget up at the end of the window; 14.4 for an hour wakes somebody.",
            tuple(
                series(f"{objective.record}{window} / {objective.budget:.6g}", window, column)
                for window in ("1h", "6h", "3d")
            ),
            width=9,
            limit=14.4,
        ),
    )


PROMISES: Final = Board(
    "tollgate-objectives",
    "Tollgate: Objectives",
    "What is promised to payment services and analysts, and how well it is kept.",
    {objective.name: _row(objective) for objective in OBJECTIVES},
)
