"""Pictures of a fraud report as PNG: every figure takes data and gives bytes.

PNG, since mail programs show neither SVG nor scripts. The same data give the same bytes with one version of
matplotlib: no date and no software is written in. Names come from elsewhere and are drawn as they are, never
read as formulas (`parse_math`): a dollar sign in a merchant's id must not stop the report.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from dashboards.fraud_report import wording
from models.fraud_figures import BEFORE_DAYS, FraudReport
from models.policy import VERDICTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI: Final = 110
COLOURS: Final = {"challenge": "#1f5fa8", "review": "#d89614", "decline": "#b03a2e"}
KNOWN, TO_COME, GOOD, BAD, GREY = "#1f5fa8", "#a9c4e4", "#3d7a45", "#b03a2e", "#8a8a8a"
LINES_MAX: Final = 14
"""Bars of a picture, at most: the largest ones."""
NEAR_BP: Final = 1_000
"""Levels that are farther away than a tenth of them are not drawn."""


def pictures(report: FraudReport) -> dict[str, bytes]:
    """The pictures that there is something to show on, by name."""
    made = {
        "verdicts": _verdicts(report), "ages": _ages(report), "money": _money(report),
        "calibration": _calibration(report), "meters": _meters(report),
    }  # fmt: skip
    return {name: png for name, png in made.items() if png is not None}


def _verdicts(report: FraudReport) -> bytes | None:
    """Share of payments that were not approved, by day."""
    daily = report.verdicts.daily
    if not any(map(sum, daily)):
        return None
    figure, axis = _figure((6.6, 2.6))
    days = range(-BEFORE_DAYS, 1)
    base = [0.0] * len(daily)
    for code, verdict in enumerate(VERDICTS):
        if verdict.value in COLOURS:
            shares = [100 * row[code] / max(1, sum(row)) for row in daily]
            axis.bar(days, shares, bottom=base, color=COLOURS[verdict.value], label=verdict.value, width=0.85)
            base = [low + share for low, share in zip(base, shares, strict=True)]
    axis.set(xlabel=f"days before {report.day}", ylabel="% of payments")
    axis.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return _png(figure)


def _ages(report: FraudReport) -> bytes | None:
    """Fraud rate by age: what is known, and what it will come to."""
    cohorts = [each for each in report.cohorts if each.payments]
    if not cohorts:
        return None
    figure, axis = _figure((6.6, 2.6))
    places = range(len(cohorts))
    end = [(each.rate_in_the_end_bp or 0) / 100 for each in cohorts]
    known = [(each.rate_bp or 0) / 100 for each in cohorts]
    axis.bar(places, end, color=TO_COME, label="in the end, estimated", width=0.7)
    axis.bar(places, known, color=KNOWN, label="known by now", width=0.7)
    axis.set_xticks(
        places,
        [wording.ages(each.from_days, each.to_days).replace(" and", "\nand") for each in cohorts],
        fontsize=8,
    )
    axis.set(ylabel="% of payments")
    axis.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    return _png(figure)


def _money(report: FraudReport) -> bytes | None:
    """What each cause earned or cost: by labels, and estimated for what was stopped."""
    sums: dict[str, list[int]] = {}
    for place, part in enumerate((report.value.realised_reference, report.value.estimated_reference)):
        for line in part.lines:
            sums.setdefault(line.name, [0, 0])[place] += sum(line.net.values())
    rows = sorted((row for row in sums.items() if any(row[1])), key=lambda row: sum(map(abs, row[1])))
    if not rows:
        return None
    rows = rows[-LINES_MAX:]
    figure, axis = _figure((6.6, 0.34 * len(rows) + 1.1))
    names = [name for name, _ in rows]
    _bars(axis, names, [values[0] / 100 for _, values in rows], [values[1] / 100 for _, values in rows])
    axis.set(xlabel="EUR earned (right) or cost (left)")
    axis.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    return _png(figure)


def _bars(axis: Any, names: Sequence[str], realised: Sequence[float], estimated: Sequence[float]) -> None:
    places = range(len(names))
    axis.barh([place + 0.2 for place in places], realised, height=0.38, color=KNOWN, label="by labels")
    axis.barh(
        [place - 0.2 for place in places], estimated, height=0.38, color=TO_COME, label="stopped, estimated"
    )
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.set_yticks(places, names, fontsize=8, parse_math=False)


def _calibration(report: FraudReport) -> bytes | None:
    """Frauds expected and reported, by range of probability."""
    bins = [each for each in report.model.bins if each.payments]
    if not bins:
        return None
    figure, axis = _figure((6.6, 2.6))
    places = range(len(bins))
    axis.bar(
        [place - 0.2 for place in places],
        [each.expected for each in bins],
        0.38,
        color=TO_COME,
        label="expected",
    )
    axis.bar(
        [place + 0.2 for place in places], [each.frauds for each in bins], 0.38, color=KNOWN, label="reported"
    )
    axis.set_xticks(places, [f"from\n{100 * each.from_probability:g} %" for each in bins], fontsize=8)
    axis.set(ylabel="frauds")
    axis.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    return _png(figure)


def _meters(report: FraudReport) -> bytes | None:
    """How near each level is at the month's end; the nearest ones."""
    near_ones = [each for each in report.meters if wording.nearness_bp(each) >= NEAR_BP]
    rows = sorted(near_ones, key=wording.nearness_bp)[-LINES_MAX:]
    if not rows:
        return None
    figure, axis = _figure((6.6, 0.34 * len(rows) + 1.0))
    near = [min(150.0, wording.nearness_bp(each) / 100) for each in rows]
    colours = [BAD if each.reached or each.will_reach else KNOWN for each in rows]
    axis.barh(range(len(rows)), near, height=0.6, color=colours)
    axis.axvline(100, color=BAD, linestyle="--", linewidth=1)
    names = [f"{each.title}: {each.level}\n{wording.subject(each)}" for each in rows]
    axis.set_yticks(range(len(rows)), names, fontsize=7, parse_math=False)
    axis.set(xlabel="% of the level, as projected to the month's end (its condition that is farthest away)")
    return _png(figure)


def _figure(size: tuple[float, float]) -> tuple["Figure", Any]:
    from matplotlib.figure import Figure  # drawn by Agg: a Figure of its own needs no display

    figure = Figure(figsize=size, layout="constrained")
    axis = figure.subplots()
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=8)
    axis.xaxis.label.set_fontsize(8)
    axis.yaxis.label.set_fontsize(8)
    return figure, axis


def _png(figure: "Figure") -> bytes:
    out = BytesIO()
    figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()
