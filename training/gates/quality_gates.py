"""Gates that ask whether a challenger judges better: by cost, by precision, calibrated, and in every segment.

A difference counts where the lower end of its interval over whole days (`training.measures.day_blocks`) is
above a margin; so of challengers that are no better at most one in twenty passes either of the first two
gates by chance, and fewer pass both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats
from training.gates.gate import Gate, GateBounds, Range
from training.gates.matured_payments import MaturedPayments
from training.measures import DayBlocks, Estimate, shift, slope, top


@dataclass(frozen=True)
class ModelComparison:
    """Both models on the same payments: probabilities in micro-units, weighted cost in cents, shape (n,)."""

    payments: MaturedPayments
    micro: NDArray[np.int64]
    cost: Floats
    champion_micro: NDArray[np.int64]
    champion_cost: Floats


def better_by_cost(judged: ModelComparison, blocks: DayBlocks, bounds: GateBounds) -> Gate:
    """Whether verdicts by the challenger cost less."""
    ours, theirs = float(judged.cost.sum()), float(judged.champion_cost.sum())
    saved = judged.champion_cost - judged.cost
    low, margin = blocks.low(blocks.sums(saved), bounds.confidence), bounds.cost_margin * theirs
    thousand = float(judged.payments.weight.sum()) / 1_000 * 100
    figures = {
        "cost": ours / thousand,
        "champion_cost": theirs / thousand,
        "saved": float(saved.sum()) / thousand,
        "saved_low": low / thousand,
    }
    bound = f"lower confidence bound of savings > {margin / thousand:,.2f} EUR"
    words = (
        f"{figures['cost']:,.2f} EUR lost on 1,000 payments, champion {figures['champion_cost']:,.2f}; saves "
        f"{figures['saved']:+,.2f}, with {bounds.confidence:.0%} confidence at least "
        f"{figures['saved_low']:+,.2f}"
    )
    return Gate("better_by_cost", low > margin, words, figures, bound, "" if low > margin else _NOT_BETTER)


def better_by_precision(judged: ModelComparison, blocks: DayBlocks, bounds: GateBounds) -> Gate:
    """Whether the challenger's average precision is higher."""
    payments = judged.payments
    ours, drawn = blocks.average_precisions(judged.micro, payments.fraud, payments.weight)
    theirs, drawn_theirs = blocks.average_precisions(judged.champion_micro, payments.fraud, payments.weight)
    low = blocks.low(drawn - drawn_theirs, bounds.confidence)
    passed = low > bounds.precision_margin
    figures = {"average_precision": ours, "champion": theirs, "gained": ours - theirs, "gained_low": low}
    words = (
        f"average precision {ours:.4f}, champion {theirs:.4f}; gains {ours - theirs:+.4f}, with "
        f"{bounds.confidence:.0%} confidence at least {low:+.4f}"
    )
    bound = f"lower confidence bound of the gain > {bounds.precision_margin:g}"
    return Gate("better_by_precision", passed, words, figures, bound, "" if passed else _NOT_BETTER)


_NOT_BETTER: Final = (
    "keep the champion; if the challenger is ahead, more labelled days make a small gain visible"
)


def calibrated(judged: ModelComparison, blocks: DayBlocks, bounds: GateBounds) -> Gate:
    """Whether the probabilities are calibrated: slope and shift of the log-odds, and the top 1 %. A figure
    that is out of bounds by no more than chance makes it passes: few frauds cannot show more.
    """
    asked = judged.micro, judged.payments.fraud, judged.payments.weight, blocks
    found = {"slope": slope(*asked), "intercept": shift(*asked), "top_percent": top(*asked)}
    limits = {"slope": bounds.slope, "intercept": bounds.intercept, "top_percent": bounds.top_percent}
    reach = blocks.t(bounds.confidence)
    outside = [name for name, limit in limits.items() if _significantly_outside(found[name], reach, limit)]
    figures = {name: one.value for name, one in found.items()}
    figures |= {f"{name}_spread": one.spread for name, one in found.items()}
    words = (
        f"slope {figures['slope']:.2f}, intercept {figures['intercept']:+.2f}, predicted/observed in the top "
        f"1 % {figures['top_percent']:.2f}"
    )
    bound = "; ".join(f"{name} {_range_text(limit)}" for name, limit in limits.items())
    if outside:
        words += f": {' and '.join(outside)} out of bounds"
        advice = "calibrate on later, unsampled, matured payments"
        return Gate("calibrated", False, words, figures, bound, advice)
    return Gate("calibrated", True, words, figures, bound)


def _significantly_outside(estimate: Estimate, reach: float, limit: Range) -> bool:
    low, high = estimate.value - reach * estimate.spread, estimate.value + reach * estimate.spread
    return high < limit[0] or low > limit[1]


def _range_text(limit: Range) -> str:
    return f"{limit[0]:g}..{limit[1]:g}"


def segments(judged: ModelComparison, blocks: DayBlocks, bounds: GateBounds) -> Gate:
    """Whether no segment pays for the gain: none costs significantly more than under the champion, by more
    than the bound, all segments taken together.

    The intervals are simultaneous (the largest studentised deviation of a draw over all segments: Westfall
    and Young 1993), so that many segments do not make one of them look worse by chance.
    """
    names, rows = _segments(judged.payments, bounds.segment_frauds_min)
    bound = f"each costs at most {bounds.segment_worse:.0%} more"
    if not names:
        return Gate("segments", True, f"none has {bounds.segment_frauds_min} frauds: not compared", {}, bound)
    beyond = judged.cost - (1 + bounds.segment_worse) * judged.champion_cost
    low = _simultaneous_low(blocks, np.stack([blocks.by_day(beyond * row) for row in rows], axis=1), bounds)
    ours, theirs = (np.array([c[row].sum() for row in rows]) for c in (judged.cost, judged.champion_cost))
    change = np.where(theirs > 0, ours / np.maximum(theirs, 1e-9) - 1, np.where(ours > 0, np.inf, 0.0))
    order = np.argsort(-low, kind="stable")
    worse = [f"{names[at]} {change[at]:+.0%}" for at in order if low[at] > 0]
    figures = {"segments": float(len(names)), "worse": float(len(worse))}
    figures |= {names[at]: float(change[at]) for at in np.argsort(-change, kind="stable")[:5]}
    if worse:
        advice = "look at the segment in the report; more of its frauds, or a feature that knows it"
        return Gate("segments", False, f"costs more for {', '.join(worse[:5])}", figures, bound, advice)
    at = int(np.argmax(change))
    words = f"none of {len(names)} segments costs significantly more; the most: {names[at]} {change[at]:+.0%}"
    return Gate("segments", True, words, figures, bound)


def _segments(payments: MaturedPayments, frauds_min: int) -> tuple[list[str], list[NDArray[np.bool_]]]:
    """Segments with enough frauds: `name=value`, and which payments they are."""
    found = [
        pair
        for kind in sorted(payments.segments)
        for pair in _values(payments, kind)
        if pair[2] >= frauds_min
    ]
    return [name for name, _, _ in found], [row for _, row, _ in found]


def _values(payments: MaturedPayments, kind: str) -> Iterator[tuple[str, NDArray[np.bool_], int]]:
    values = payments.segments[kind]
    known = sorted({value for value in values.tolist() if isinstance(value, str)})
    if len(known) < 2:
        return  # one value is everybody: that is what the other gates are for
    for value in known:
        row = np.asarray(values == value)
        yield f"{kind}={value}", row, int((row & payments.fraud).sum())


def _simultaneous_low(blocks: DayBlocks, by_day: Floats, bounds: GateBounds) -> Floats:
    """Lower ends for the sums of each column of `by_day` (days, segments), together at the confidence."""
    total, drawn = by_day.sum(axis=0), blocks.counts @ by_day
    spread = drawn.std(axis=0, ddof=1) * np.sqrt(blocks.days / (blocks.days - 1))
    usable = np.where(spread > 0, spread, np.inf)
    most = ((drawn - total) / usable).max(axis=1)
    factor = float(np.quantile(most, blocks.expanded(bounds.confidence)))
    return np.asarray(total - factor * spread)
