"""Whether the kernel can compute a measure, checked when it is declared: above all users' own measures.

What an operation does not use must not be stated: a maximum of a user's own tally, say, would silently be
the maximum of amounts. Errors name file and line of the measure or tally.
"""

import re
from collections.abc import Iterable
from typing import Any

from features.catalogue.measures import AMOUNT, AMOUNT_MAX, COHORT_DAYS_MAX, Measure, Op, Tally
from features.columns import Stream
from features.errors import CatalogueError

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIELDS = {"entity": "entity", "window": "1h", "others": "others"}
_OF_RUNS = {Op.RUN, Op.SINCE_RUN}
_OF_TALLIES = {Op.SUM, Op.SHARE, Op.SINCE_LAST_OF, *_OF_RUNS}
_OF_AMOUNTS = {Op.RATIO_TO_MEAN, Op.MAXIMUM, Op.SAME_AMOUNT}


def check_measure(measure: Measure) -> None:
    """Raises `CatalogueError` naming the measure's file and line."""
    _check_types(measure)
    _check_texts(measure)
    for tally in (measure.tally, measure.over):
        if tally is not None:
            _check_tally(tally)
    for wrong, reason in _contradictions(measure):
        if wrong:
            raise CatalogueError(f"{measure.where}: measure {measure.name}: {reason}")


def _check_types(measure: Measure) -> None:
    kinds: dict[str, Any] = {
        **dict.fromkeys(("name", "unit", "meaning"), str),
        **dict.fromkeys(("tally", "over"), (Tally, type(None))),
        **dict.fromkeys(("windowed", "needs_other"), bool),
        "op": Op,
        "stream": Stream,
        "maturity_days": int,
    }
    for name, kind in kinds.items():
        value = getattr(measure, name)
        if not isinstance(value, kind):
            raise CatalogueError(f"{measure.where}: {name} of a measure is {value!r}, not {_article(kind)}")


def _article(kind: Any) -> str:
    if kind is str:
        return "a text"
    return "a Tally" if isinstance(kind, tuple) else f"of type {kind.__name__}"


def _check_texts(measure: Measure) -> None:
    for text in (measure.name, measure.unit, measure.meaning):
        try:
            text.format(**_FIELDS)
        except (KeyError, IndexError, ValueError) as error:
            raise CatalogueError(
                f"{measure.where}: {text!r} has a field that is not filled in ({error}); there are "
                "{entity}, {window} and {others}"
            ) from error


def _check_tally(tally: Tally) -> None:
    if not (isinstance(tally.name, str) and _NAME.fullmatch(tally.name)):
        raise CatalogueError(f"{tally.where}: tally name {tally.name!r} is not a word in lower case")
    if not isinstance(tally.stream, Stream):
        raise CatalogueError(f"{tally.where}: stream of tally {tally.name!r} is {tally.stream!r}, no Stream")
    if not isinstance(tally.maximum, int) or not 1 <= tally.maximum <= AMOUNT_MAX:
        raise CatalogueError(
            f"{tally.where}: tally {tally.name!r} may add 1 to {AMOUNT_MAX:,} at most per event, not "
            f"{tally.maximum!r}"
        )
    if not callable(tally.of):
        raise CatalogueError(f"{tally.where}: `of` of tally {tally.name!r} is {tally.of!r}, not a function")


def _contradictions(measure: Measure) -> Iterable[tuple[bool, str]]:
    op, tally, over, stream = measure.op, measure.tally, measure.over, measure.stream
    cohorts = op is Op.COHORT_RATE
    yield tally is not None and tally.stream != stream, f"of stream {stream.name}, its tally of another"
    yield (
        op not in _OF_TALLIES and not cohorts and stream != Stream.ATTEMPT,
        f"{op.name} is measured over attempts only",
    )
    yield op in _OF_TALLIES and tally is None, f"{op.name} needs a tally"
    yield op in _OF_AMOUNTS and tally not in {None, AMOUNT}, f"{op.name} is of amounts, not of a tally"
    yield op not in _OF_TALLIES | _OF_AMOUNTS and tally is not None, f"{op.name} takes no tally"
    yield op not in {Op.SHARE, *_OF_RUNS} and over is not None, f"{op.name} takes no `over`"
    yield (
        op in _OF_RUNS and (over is None or over.stream != stream),
        f"{op.name} needs `over`, a tally of stream {stream.name}: what ends the run",
    )
    yield (
        op in _OF_RUNS and over == tally,
        f"{op.name} is ended by its own events; name another tally as `over`",
    )
    yield (
        op is Op.SHARE and over is None and stream != Stream.ATTEMPT,
        f"a share of {stream.name.lower()}s needs `over`: which of them are its whole",
    )
    yield measure.needs_other != (op is Op.DISTINCT), "DISTINCT and nothing else needs another token"
    yield cohorts and stream != Stream.LABEL, "COHORT_RATE is of stream LABEL"
    yield (
        not 0 <= measure.maturity_days < COHORT_DAYS_MAX or (measure.maturity_days > 0 and not cohorts),
        f"maturity_days is of cohort rates, and from 0 to {COHORT_DAYS_MAX - 1}",
    )
