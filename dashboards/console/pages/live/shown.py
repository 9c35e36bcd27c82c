"""The figures of Live as people read them: texts for the cards, lines for the charts.

All wording is here, so that the page as it is opened and the page as it moves on say the same.
"""

from typing import Any, Final

from dashboards.console.design import amount_text
from dashboards.console.pages.live.figures import MINUTES, Hour, LiveFigures
from dashboards.fraud_report import UNKNOWN, count, share

VERDICTS: Final = {
    "approve": "approved", "challenge": "challenged", "review": "reviewed", "decline": "declined"
}  # fmt: skip
"""Verdict -> its column."""
NO_PAYMENTS: Final = "no payments then"


def shown(figures: LiveFigures) -> dict[str, Any]:
    """What the browser gets: `texts` by the name of their place, `charts` by theirs."""
    return {
        "failure": figures.failure,
        "empty": figures.is_empty,
        "until": figures.until.isoformat(),
        "newest": figures.newest.isoformat() if figures.newest else None,
        "texts": _texts(figures),
        "charts": _charts(figures),
    }


def change(now: float | None, before: float | None) -> str:
    """How much more or less than before.

    >>> change(120, 100), change(50, 100), change(7, 0), change(0, 0), change(None, 3)
    ('+20 %', '−50 %', 'new', '±0 %', '–')
    """
    if now is None or before is None:
        return UNKNOWN
    if not before:
        return "new" if now else "±0 %"
    return _signed(round(100 * (now - before) / before), " %")


def points(now: float | None, before: float | None) -> str:
    """The difference of two shares, in percentage points.

    >>> points(0.123, 0.1), points(0.1, 0.1004), points(None, 0.1)
    ('+2.3 pp', '±0.0 pp', '–')
    """
    if now is None or before is None:
        return UNKNOWN
    return _signed(round(100 * (now - before), 1), " pp")


def latency(milliseconds: int | None) -> str:
    """A quantile, which is the lower bound of its bucket.

    >>> latency(20), latency(2_000), latency(None)
    ('20 ms', '2.0 s', '–')
    """
    if milliseconds is None:
        return UNKNOWN
    return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds / 1_000:.1f} s"


def _signed(value: float, unit: str) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return f"{sign}{abs(value):,}{unit}"


def _texts(figures: LiveFigures) -> dict[str, str]:
    now, hour, week = figures.now, figures.hour, figures.week
    texts = {
        "decisions": count(now.whole["decisions"]),
        "a-minute": count(now.whole["decisions"] / MINUTES),
        "since-then": count(figures.since_then),
        "stopped": amount_text(now.whole["stopped"]),
        "held": amount_text(now.whole["held"]),
        "p50": latency(now.whole["p50_ms"]),
        "p99": latency(now.whole["p99_ms"]),
    }
    for name, earlier in (("hour", hour), ("week", week)):
        for measure, place in (("decisions", "decisions"), ("stopped", "stopped"), ("p99_ms", "p99")):
            texts[f"{place}-{name}"] = _against(now, earlier, measure)
    for verdict, column in VERDICTS.items():
        texts[verdict] = share(now.share(column))
        texts[f"{verdict}-hour"] = points(now.share(column), hour.share(column))
        texts[f"{verdict}-week"] = points(now.share(column), week.share(column))
    return texts


def _against(now: Hour, earlier: Hour, measure: str) -> str:
    """A figure against an earlier hour; an hour without payments is nothing to compare with."""
    if not earlier.whole["decisions"]:
        return NO_PAYMENTS
    return change(now.whole[measure], earlier.whole[measure])


def _charts(figures: LiveFigures) -> dict[str, dict[str, Any]]:
    """By name, as `static/chart.js` takes them."""
    now = figures.now.minutes
    return {
        "payments": _chart(figures, [
            _line("this hour", "accent", now["decisions"], fill=True),
            _line("the hour before", "muted", figures.hour.minutes["decisions"], dash=True),
            _line("a week ago", "review", figures.week.minutes["decisions"], dash=True),
        ]),
        "verdicts": _chart(
            figures,
            [_line(verdict, verdict, _shares(figures.now, column)) for verdict, column in VERDICTS.items()],
            "%",
        ),
        "latency": _chart(
            figures, [_line("p50", "accent", now["p50_ms"]), _line("p99", "review", now["p99_ms"])], "ms"
        ),
        "stopped": _chart(figures, [
            _line("this hour", "decline", _euros(figures.now), fill=True),
            _line("the hour before", "muted", _euros(figures.hour), dash=True),
            _line("a week ago", "review", _euros(figures.week), dash=True),
        ], "EUR"),
    }  # fmt: skip


def _chart(figures: LiveFigures, lines: list[dict[str, Any]], unit: str = "") -> dict[str, Any]:
    end = int(figures.until.timestamp())
    times = [end - 60 * (MINUTES - minute) for minute in range(MINUTES)]
    return {"x": times, "series": lines, "unit": unit, "kind": "line"}


def _line(
    name: str, tone: str, values: list[Any], *, fill: bool = False, dash: bool = False
) -> dict[str, Any]:
    return {"name": name, "tone": tone, "values": values, "fill": fill, "dash": dash}


def _euros(hour: Hour) -> list[float]:
    return [int(cents) / 100 for cents in hour.minutes["stopped"]]


def _shares(hour: Hour, column: str) -> list[float | None]:
    """Of each minute's decisions; nothing is drawn for a minute without any."""
    pairs = zip(hour.minutes[column], hour.minutes["decisions"], strict=True)
    return [round(part / whole, 4) if whole else None for part, whole in pairs]
