"""A trained model's report: one page of HTML with its pictures in it, that needs nothing else.

What it says comes as plain data (`TrainingReport`); nothing is computed here.
"""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from msgspec import Struct

from training.measures import SegmentFigures

TEMPLATE: Final = Path(__file__).with_name("report.html.j2")
DRIFTED_MAX: Final = 20


class Picture(Struct, frozen=True):
    """A PNG, its heading and what to look for in it."""

    title: str
    words: str
    png: bytes

    @property
    def source(self) -> str:
        """As an address that a page can hold."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


class TrainingReport(Struct, frozen=True):
    """All that a page shows. `figures`: metric -> its value by model, the trained one first; `facts`: what it
    was trained on, in words; `trials`: the settings tried and what they reached; `drift`: index by feature,
    the most moved first; `importance`: share of gain by feature.
    """

    title: str
    version: str
    facts: Mapping[str, str]
    models: Sequence[str]
    figures: Mapping[str, Sequence[float | None]]
    pictures: Sequence[Picture]
    segments: Sequence[SegmentFigures]
    trials: Sequence[Mapping[str, Any]]
    drift: Sequence[tuple[str, float]]
    importance: Sequence[tuple[str, float]]
    warnings: Sequence[str] = ()


def html(report: TrainingReport) -> str:
    """The page."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"figure": figure, "share": share, "day": day}
    page = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    rendered: str = page.render(report=report, drifted_max=DRIFTED_MAX)
    return rendered


def figure(value: Any) -> str:
    """A number as people read it; what is not known is `-`.

    >>> figure(0.123456), figure(1234567), figure(None), figure(0.000012), figure("31")
    ('0.1235', '1,234,567', '-', '1.2e-05', '31')
    """
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 - NaN
        return "-"
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if value and abs(value) < 1e-3:
        return f"{value:.2g}"
    return f"{value:,.4f}" if abs(value) < 100 else f"{value:,.1f}"


def share(value: float | None) -> str:
    """Percent.

    >>> share(0.01234), share(None)
    ('1.234 %', '-')
    """
    return "-" if value is None else f"{100 * value:.3f} %"


def day(time_ms: int) -> str:
    """A day of UTC ms.

    >>> day(1_530_403_200_000)
    '2018-07-01'
    """
    return str(np.datetime64(time_ms, "ms").astype("datetime64[D]"))
