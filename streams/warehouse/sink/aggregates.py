"""Which aggregates are added up from which tables, and how far they are from what their rows say.

Invariant: an aggregate equals what the rows below it add up to. Materialised views add what is inserted;
`difference` is what is missing after a crash between a table and its views, in ClickHouse's own words for
the view, so that there is no second text to keep equal.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from streams.warehouse.schema import kept_since_ms, sql

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

VERDICT_KEYS: Final = ("verdict", "merchant_country", "model", "currency")
HISTOGRAMS: Final = ("score_histogram", "probability_histogram", "latency_histogram")
BY_KEYS: Final = ("dimension", "value", "verdict", "currency")
BY_SUMS: Final = (
    "decisions", "amount", "reference_amount", "payments", "payments_reference_amount", "scored",
    "probability_millionths", "degraded", "late",
)  # fmt: skip


@dataclass(frozen=True)
class Aggregate:
    """A table that a materialised view, its name with `_feed`, adds up."""

    name: str
    table: str
    """Whose rows it adds up, in the end."""
    row_time: str
    """The column of that table by which rows belong to a minute, hour or day."""
    grain: str
    """The column that holds the minute, hour or day."""
    length_ms: int
    keys: tuple[str, ...]
    """Its other keys, besides `engine`."""
    sums: tuple[str, ...]
    counted_rows: str
    """How many of the rows are counted, as SQL over the table; equal to `counted_sums` over this one."""
    counted_sums: str
    histograms: tuple[str, ...] = ()
    source: str = ""
    """The aggregate that its view reads; empty: the table itself."""

    def period(self, time_ms: int) -> date | datetime:
        """The minute, hour or day that a time (ms) belongs to."""
        start = datetime.fromtimestamp(time_ms // self.length_ms * self.length_ms // 1000, UTC)
        return start.date() if self.length_ms == DAY_MS else start

    def parameters(self, engine: str, first_ms: int, last_ms: int) -> dict[str, object]:
        """Of `difference`, between two times of rows."""
        return {"engine": engine, "first": self.period(first_ms), "last": self.period(last_ms)}

    def whole_since_ms(self, client: "Client") -> int:
        """From this time on (ms) all of its own rows are there; 0: from the beginning. What it is added up
        from has no limit.
        """
        return kept_since_ms(client, self.name)

    def filled(self, template: str) -> str:
        """A query over the table and this aggregate, with what each is called there."""
        texts = {
            "rows": self.counted_rows,
            "sums": self.counted_sums,
            "table": self.table,
            "row_time": self.row_time,
            "name": self.name,
            "grain": self.grain,
        }
        return _filled(template, texts)

    def feed(self, client: "Client") -> str:
        """The SELECT that adds it up from the rows of its table: ClickHouse's own text of the materialised
        view, so that there is no second one to keep equal. Where the view reads another aggregate, that one's
        text stands in its place.
        """
        view = {"view": f"{self.name}_feed"}
        text = str(client.query(sql("feed_of"), parameters=view).result_rows[0][0])
        if not self.source:
            return text
        lower = next(each for each in AGGREGATES if each.name == self.source).feed(client)
        return re.sub(rf"FROM (\w+\.)?{self.source} AS t", lambda _: f"FROM ({lower}) AS t", text)

    def difference(self, feed: str) -> str:
        """The query for what has to be added; `feed`: the SELECT that adds it up from rows."""
        kind = "Date" if self.length_ms == DAY_MS else "DateTime('UTC')"
        texts = {
            "keys": ", ".join(("engine", self.grain, *self.keys)),
            "measures": ", ".join((*self.sums, *self.histograms)),
            "sums": ", ".join(
                [f"sum(t.{name}) AS {name}" for name in self.sums]
                + [f"sumMap(t.{name}) AS {name}" for name in self.histograms]
            ),
            "negated": ", ".join(
                [f"-{name}" for name in self.sums]
                + [f"mapApply((bucket, n) -> (bucket, -n), {name})" for name in self.histograms]
            ),
            "between": f"{self.grain} >= {{first:{kind}}} AND {self.grain} <= {{last:{kind}}}",
            "target": self.name,
            "differs": " OR ".join(
                [f"{name} != 0" for name in self.sums]
                + [f"arrayExists(n -> n != 0, mapValues({name}))" for name in self.histograms]
            ),
            "feed": feed,
        }
        return _filled(sql("difference"), texts)


def _filled(template: str, texts: Mapping[str, str]) -> str:
    for name, text in texts.items():
        template = template.replace("{{" + name + "}}", text)
    return template


def _by(grain: str, length_ms: int, source: str = "") -> Aggregate:
    return Aggregate(
        f"decisions_by_{grain}", "decisions", "engine_time", grain, length_ms, BY_KEYS, BY_SUMS,
        "countIf(NOT duplicate)", "sumIf(t.decisions, dimension = 'all')", source=source,
    )  # fmt: skip


def _with_histograms(grain: str, length_ms: int) -> Aggregate:
    sums = ("decisions", "duplicates", "amount", "reference_amount")
    return Aggregate(
        f"decisions_{grain}", "decisions", "engine_time", grain, length_ms, VERDICT_KEYS, sums,
        "count()", "sum(t.decisions) + sum(t.duplicates)", HISTOGRAMS,
    )  # fmt: skip


AGGREGATES: Final = (
    _with_histograms("minute", MINUTE_MS),
    _with_histograms("hour", HOUR_MS),
    _by("minute", MINUTE_MS),
    _by("hour", HOUR_MS, "decisions_by_minute"),
    _by("day", DAY_MS, "decisions_by_hour"),
    Aggregate(
        "labels_by_day", "labels", "cohort_at", "day", DAY_MS,
        ("age_days", "dimension", "value", "verdict", "label"), ("payments", "reference_amount"),
        "countIf(stood_before = '')", "sumIf(t.payments, dimension = 'all')",
    ),
    Aggregate(
        "outcomes_by_day", "outcomes", "cohort_at", "day", DAY_MS,
        ("dimension", "value", "verdict", "challenged", "kind", "decline_group"),
        ("events", "payments", "reference_amount"),
        "countIf(NOT repeated)", "sumIf(t.events, dimension = 'all')",
    ),
    Aggregate(
        "trials_by_hour", "decisions", "engine_time", "hour", HOUR_MS,
        ("challenger_model", "canary", "verdict"),
        (
            "decisions", "reference_amount", "disagreed", "challenger_scored", "challenger_millionths",
            "champion_scored", "champion_millionths",
        ),
        "countIf(NOT duplicate AND challenger_model != '')", "sum(t.decisions)",
    ),
    Aggregate(
        "trial_labels_by_day", "labels", "cohort_at", "day", DAY_MS,
        ("age_days", "challenger_model", "canary", "champion_verdict", "challenger_verdict", "label"),
        ("payments", "reference_amount"),
        "countIf(stood_before = '' AND challenger_model != '')", "sum(t.payments)",
    ),
    Aggregate(
        "sca_by_day", "decisions", "engine_time", "day", DAY_MS,
        ("method", "sca", "sca_exemption", "sca_scope", "liability", "verdict"),
        ("decisions", "reference_amount"), "countIf(NOT duplicate)", "sum(t.decisions)",
    ),
    Aggregate(
        "merchant_channels_by_day", "decisions", "engine_time", "day", DAY_MS,
        ("merchant_id", "channel", "verdict", "currency"),
        ("decisions", "amount", "reference_amount", "payments", "payments_reference_amount"),
        "countIf(NOT duplicate)", "sum(t.decisions)",
    ),
    Aggregate(
        "scores_by_hour", "decisions", "engine_time", "hour", HOUR_MS,
        ("role", "scored_by", "decided", "verdict", "from_millionths"), ("scores", "millionths"),
        "countIf(NOT duplicate AND if(champion_model = '', model, champion_model) != '')",
        "sumIf(t.scores, role = 'champion')",
    ),
    Aggregate(
        "shadow_hits_by_day", "decisions", "engine_time", "day", DAY_MS,
        ("merchant_account", "rule", "verdict"), ("decisions", "reference_amount"),
        "sumIf(toInt64(length(shadow_hits)), NOT duplicate)", "sum(t.decisions)",
    ),
    Aggregate(
        "merchant_accounts_by_day", "decisions", "engine_time", "day", DAY_MS,
        ("merchant_id", "merchant_account"), ("decisions", "reference_amount"),
        "countIf(NOT duplicate)", "sum(t.decisions)",
    ),
    Aggregate(
        "score_labels_by_day", "labels", "cohort_at", "day", DAY_MS,
        ("role", "scored_by", "decided", "verdict", "from_millionths", "label"), ("payments", "millionths"),
        "countIf(stood_before = '' AND if(champion_model = '', model, champion_model) != '')",
        "sumIf(t.payments, role = 'champion')",
    ),
    Aggregate(
        "shadow_labels_by_day", "labels", "cohort_at", "day", DAY_MS,
        ("merchant_account", "rule", "verdict", "label"), ("payments", "reference_amount"),
        "sumIf(toInt64(length(shadow_hits)), stood_before = '')", "sum(t.payments)",
    ),
)  # fmt: skip
"""In the order in which they are settled: `decisions_by_hour` is added up from `decisions_by_minute`, and
`decisions_by_day` from that."""


def aggregates_of(table: str) -> tuple[Aggregate, ...]:
    """What the rows of a table are added up to."""
    return tuple(each for each in AGGREGATES if each.table == table)
