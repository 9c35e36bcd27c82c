"""The page of all features, from the catalogue; `make pages` writes it.

`tollgate features page` prints it with your own features.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from features.catalogue import measures as m
from features.catalogue.catalogue import Catalogue
from features.catalogue.declaration import Entity
from models.units import DAY_MS

MEMORY_PAGE = Path("docs/feature-memory.md")
"""Measured memory and limits by sustained rate; taken into the page where it is there."""

_INTRODUCTION = """\
# Features

Written by `make pages`; do not edit. Catalogue `{schema_hash}`: {count} features over
{entities} entities. `tollgate features list` and `show NAME` say the same; features of your own:
[own-features.md](own-features.md).

## What a window holds

A window `w` of a payment at engine time `t` holds the entity's earlier events with `t - w < time <= t`.
This payment is not among them; those before it on the log at the same millisecond are. A payment enters the
windows once, at its first phase; later phases and repeated messages only read. Outcomes (the issuer's
answer, 3-D Secure, capture, refund) and labels count from the moment they are on the log, never before.
Labels at the time of a payment come before it.

Limits that belong to the meaning:

* windows up to {exact_days} days are exact to the millisecond while at most {events:,} events of the entity
  are in them. A fuller one is counted in buckets of a {buckets}th of its length: it leaves out its oldest,
  partial bucket;
* longer windows, up to {window_days} days, are counted in UTC days that begin within the window; `lifetime`
  counts everything since the entity was first seen;
* distinct others, maximum and same amount look at the last {recent} events of the window;
* an entity not seen for its longest window (at least 30 days) is forgotten and starts again; one with a
  known fraud never is;
* amounts are EUR cents, clamped to 0..{amount:,}, converted at the day's rate.

*Unknown* is NaN in the vector: a rule that compares it does not hit, a tree goes its way for missing
values. A feature is also at its default where the payment does not name the entity.

The three measures of fraud are never mixed: *frauds over labels* learned in the window (the published
delayed risk), *frauds over approved* in the window (different payments above and below), and the *cohort*
rate, which follows the payments of each day until most of their frauds must be known. Frauds are learned in
weeks, "legitimate" is only silence after months.
"""

_SECTION = """\
## {entity}

{meaning}{tokens}

| feature | window | unit | meaning | default |
|---|---|---|---|---|
{rows}
"""


def render(catalogue: Catalogue, memory: str = "") -> str:
    """The features of a catalogue as a Markdown page. `memory`: a page to take in at its end."""
    described = catalogue.describe()
    sections = [_INTRODUCTION.format(**_limits(catalogue))]
    own = [(name, row) for name, row in described.items() if row["entity"] == "payment"]
    if own:
        sections.append(_section("payment", "Facts of the payment itself; no state.", "", own))
    for entity in catalogue.by_name.values():
        rows = [(name, row) for name, row in described.items() if row["entity"] == entity.name]
        if rows:
            sections.append(_section(entity.name, _sentence(entity.meaning), _tokens(entity), rows))
    if memory:
        sections.append(memory.rstrip() + "\n")
    return "\n".join(sections)


def default_text(value: float | None) -> str:
    """A feature's default in words.

    >>> default_text(None), default_text(0.0), default_text(-1.5)
    ('unknown', '0', '-1.5')
    """
    return "unknown" if value is None else f"{value:g}"


def _limits(catalogue: Catalogue) -> Mapping[str, Any]:
    return {
        "schema_hash": catalogue.schema_hash,
        "count": len(catalogue.names),
        "entities": len(catalogue.entities),
        "exact_days": m.EXACT_MS_MAX // DAY_MS,
        "window_days": m.WINDOW_MS_MAX // DAY_MS,
        "events": m.EVENTS_MAX,
        "buckets": m.BUCKETS,
        "recent": m.RECENT_EVENTS_MAX,
        "amount": m.AMOUNT_MAX,
    }


def _section(entity: str, meaning: str, tokens: str, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    lines = [
        f"| `{name}` | {row['window'] or '-'} | {row['unit']} | {row['meaning']} | "
        f"{default_text(row['default'])} |"
        for name, row in rows
    ]
    return _SECTION.format(entity=entity, meaning=meaning, tokens=tokens, rows="\n".join(lines))


def _tokens(entity: Entity) -> str:
    return f" Known by two tokens: {' and '.join(entity.tokens)}." if len(entity.tokens) > 1 else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
