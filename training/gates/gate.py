"""One gate: a question asked of a challenger before it may go live, its figures, its bound and the answer."""

from typing import Annotated, Final

from msgspec import Meta, Struct

SEED: Final = 20_190_101

Share = Annotated[float, Meta(ge=0, le=1)]
Range = tuple[float, float]


class Gate(Struct, frozen=True, omit_defaults=True):
    """What one gate found. `passed` is None where it was not asked, since an earlier one was not passed.

    `figures` hold what was measured by name, `bound` what they are held against, `words` the answer, and
    `next` what to do about it where it was not passed.
    """

    name: str
    passed: bool | None
    words: str
    figures: dict[str, float] = {}
    bound: str = ""
    next: str = ""


class GateBounds(Struct, frozen=True, forbid_unknown_fields=True):
    """What the gates hold figures against.

    `confidence` is one-sided: two equal models differ this clearly by chance in one of twenty comparisons.
    `matured` is the share of a day's frauds that must be known for the day to count. Other shares are of the
    champion's cost. `latency_*_us` is what a challenger may take beyond `latency_ratio`
    times the champion's time, in microseconds of processor time a payment.
    """

    confidence: Annotated[float, Meta(gt=0.5, lt=1)] = 0.95
    resamples: Annotated[int, Meta(ge=200)] = 2_000
    seed: int = SEED
    matured: Share = 0.9
    frauds_min: int = 100
    days_min: int = 7
    cost_margin: Share = 0.0
    precision_margin: Share = 0.0
    slope: Range = (0.75, 1.33)
    intercept: Range = (-0.29, 0.29)
    top_percent: Range = (0.75, 1.33)
    segment_worse: Share = 0.10
    segment_frauds_min: int = 30
    latency_ratio: float = 1.5
    latency_single_us: float = 150.0
    latency_batch_us: float = 8.0
