"""Recounts every table and aggregate of one engine from the log, and says where they differ.

Invariant: what is expected comes from `expected_rows` and `expected_sums`, which share nothing with the sink
or its SQL. Needs the whole log of the engine, and memory for it: for the tests, and for `tollgate verify
--recount` on an engine of up to some hundred thousand payments.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from streams.warehouse.audit.expected_rows import ExpectedRows
from streams.warehouse.audit.expected_sums import expected_sums
from streams.warehouse.audit.log_copy import Cells, LogCopy
from streams.warehouse.audit.sums import Sums

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

DIFFERENCES_MAX: Final = 20
RECOUNTED: Final = (
    "payments", "decisions", "dead_letters", "outcomes", "labels", "disputes", "reviews", "timeline",
    "journal", "controls", "list_answers",
)  # fmt: skip
_KEYS: Final = {
    "labels_by_day": ("day", "age_days", "dimension", "value", "verdict", "label"),
    "outcomes_by_day": ("day", "dimension", "value", "verdict", "challenged", "kind", "decline_group"),
    "trials_by_hour": ("hour", "challenger_model", "canary", "verdict"),
    "trial_labels_by_day": (
        "day", "age_days", "challenger_model", "canary", "champion_verdict", "challenger_verdict", "label",
    ),
    "sca_by_day": ("day", "method", "sca", "sca_exemption", "sca_scope", "liability", "verdict"),
    "merchant_channels_by_day": ("day", "merchant_id", "channel", "verdict", "currency"),
    "scores_by_hour": ("hour", "role", "scored_by", "decided", "verdict", "from_millionths"),
    "shadow_hits_by_day": ("day", "merchant_account", "rule", "verdict"),
    "merchant_accounts_by_day": ("day", "merchant_id", "merchant_account"),
    "score_labels_by_day": ("day", "role", "scored_by", "decided", "verdict", "from_millionths", "label"),
    "shadow_labels_by_day": ("day", "merchant_account", "rule", "verdict", "label"),
}  # fmt: skip


def recount(client: "Client", log: LogCopy, network_key: bytes) -> list[str]:
    """The differences in words, at most 20; empty when all is equal."""
    expected = ExpectedRows(log, network_key).tables
    differences = _differences(client, log, expected)
    return [difference for difference, _ in zip(differences, range(DIFFERENCES_MAX), strict=False)]


def _differences(client: "Client", log: LogCopy, expected: dict[str, list[Cells]]) -> Iterator[str]:
    for table in RECOUNTED:
        yield from _row_differences(client, log, table, expected[table])
    for name, sums in expected_sums(expected).items():
        yield from _sum_differences(client, log.engine, name, sums)


def _row_differences(client: "Client", log: LogCopy, table: str, expected: list[Cells]) -> Iterator[str]:
    wanted = {_place(row): row for row in expected}
    held: dict[tuple[Any, ...], Cells] = {}
    for row in _rows(client, table, log.engine):
        if _place(row) in held:
            yield f"{table}: {_place(row)} is there twice"
        held[_place(row)] = row
    for place in sorted(wanted.keys() ^ held.keys()):
        if place[:3] not in log.uncertain:
            yield f"{table}: {place} is {'missing' if place in wanted else 'not on the log'}"
    for place in wanted.keys() & held.keys():
        for column, value in wanted[place].items():
            if _plain(held[place][column]) != _plain(value):
                yield f"{table}: {place} has {column} {held[place][column]!r}, the log says {value!r}"


def _rows(client: "Client", table: str, engine: str) -> Iterator[Cells]:
    """With times as epoch milliseconds."""
    columns = client.query(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = {t:String}",
        parameters={"t": table},
    ).result_rows
    shown = [
        f"toUnixTimestamp64Milli(t.{name}) AS {name}" if "DateTime64" in kind else f"t.{name} AS {name}"
        for name, kind in columns
        if name != "payload"
    ]
    query = f"SELECT {', '.join(shown)} FROM {table} AS t WHERE t.engine = {{e:String}}"
    yield from client.query(query, parameters={"e": engine}).named_results()


def _sum_differences(client: "Client", engine: str, name: str, expected: Sums) -> Iterator[str]:
    grain = name.rpartition("_")[2]
    keys = _KEYS.get(name, (grain, "dimension", "value", "verdict", "currency"))
    measures = sorted({measure for cell in expected.values() for measure in cell})
    shown = ", ".join((*keys, *(f"sum(t.{measure}) AS {measure}" for measure in measures)))
    query = f"SELECT {shown} FROM {name} AS t WHERE engine = {{e:String}} GROUP BY {', '.join(keys)}"
    held: Sums = {}
    for row in client.query(query, parameters={"e": engine}).result_rows if measures else ():
        held[row[: len(keys)]] = Counter(dict(zip(measures, map(int, row[len(keys) :]), strict=True)))
    for key in expected.keys() | held.keys():
        for measure in measures:
            wanted, there = expected.get(key, Counter())[measure], held.get(key, Counter())[measure]
            if wanted != there:
                yield f"{name}: {key} has {measure} {there}, the log says {wanted}"


def _place(row: Cells) -> tuple[Any, ...]:
    """Names a row; of the timeline, with its entity."""
    return row["log_topic"], row["log_partition"], row["log_offset"], row.get("entity", "")


def _plain(value: Any) -> Any:
    return (
        list(value) if isinstance(value, list | tuple) else int(value) if isinstance(value, bool) else value
    )
