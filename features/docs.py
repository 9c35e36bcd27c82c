"""The page of all features, from the catalogue: `python -m features.docs > docs/features.md`."""

from features.catalogue import CATALOGUE, ENTITIES, Catalogue
from features.measures import AMOUNT_MAX, DISTINCT_EVENTS_MAX, EVENTS_MAX

_INTRODUCTION = """\
# Features

Written by `python -m features.docs`; do not edit. Catalogue `{schema_hash}`, {count} features.

A window `w` of a payment at engine time `t` holds the entity's earlier payments in `(t - w, t]`: this payment
is not among them, those before it on the log at the same millisecond are. A payment enters the windows once,
at its first phase; later phases only read. Limits that belong to the meaning:

* an entity keeps its last {events:,} payments, the oldest is dropped: long windows of busy entities saturate;
* different others are told apart among the last {distinct} payments of the window;
* amounts are EUR cents, clamped to 0..{amount:,}.

A feature whose entity the payment does not name is unknown: NaN in the vector, and no rule comparing it hits.

| entity | is |
|---|---|
{entities}

| feature | unit | meaning | default |
|---|---|---|---|
{features}
"""


def render(catalogue: Catalogue) -> str:
    """The features of a catalogue as a Markdown page."""
    entities = [f"| {e.name} | {e.meaning} |" for e in ENTITIES if e.name in catalogue.entities]
    features = [
        f"| `{name}` | {row['unit']} | {row['meaning']} | {_default(row['default'])} |"
        for name, row in catalogue.describe().items()
    ]
    return _INTRODUCTION.format(
        schema_hash=catalogue.schema_hash,
        count=len(catalogue.names),
        events=EVENTS_MAX,
        distinct=DISTINCT_EVENTS_MAX,
        amount=AMOUNT_MAX,
        entities="\n".join(entities),
        features="\n".join(features),
    )


def _default(value: str | float | None) -> str:
    return "unknown" if value is None else str(value)


if __name__ == "__main__":
    print(render(CATALOGUE), end="")
