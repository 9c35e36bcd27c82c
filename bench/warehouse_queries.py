"""Every question of docs/warehouse.md on millions of decisions: its time and the rows that it reads.

    .venv/bin/python -m bench.warehouse_queries --decisions 10000000 --home /tmp/warehouse-10m

The tables are filled in ClickHouse itself, in blocks of a million, with what 90 days of an engine would hold:
a payment and a decision each, two outcomes for most, a label for one in fifty. A home that is filled is used
again; aggregates that it does not have yet are added up from its rows, as a rebuild does. Aim: 200 ms from
aggregates; 50 ms for a payment's story and the timeline of a token.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
from clickhouse_connect.driver.client import Client

from streams.warehouse.database import Database
from streams.warehouse.schema import migrate
from streams.warehouse.sink import AGGREGATES

BLOCK = 1_000_000
PAGE = Path(__file__).parents[1] / "docs/warehouse.md"
QUESTION = re.compile(r"^\*\*(\d+)\. ([^*]*)\*\*.*?^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
SOURCE = """
    SELECT
        number AS n, 'live' AS engine, toDateTime64('{now}', 3, 'UTC') - toIntervalMillisecond(toInt64(({total} - number) * (90 * 86400000 / {total}))) AS t,
        cityHash64(number) AS h, concat('order-', toString(1000 + number)) AS payment_id, 'acme' AS merchant_account,
        concat('shop-', toString(h % 500)) AS merchant_id, concat('tok_card_', toString(cityHash64(number, 1) % intDiv({total}, 8))) AS card,
        concat('customer-', toString(cityHash64(number, 2) % intDiv({total}, 9))) AS customer, concat('device-', toString(cityHash64(number, 3) % intDiv({total}, 9))) AS device,
        lower(hex(cityHash64(number, 4) % intDiv({total}, 20))) AS ip_network, concat('mail-', toString(cityHash64(number, 2) % intDiv({total}, 9))) AS email,
        toString(411000 + h % 900) AS bin, ['FR', 'DE', 'IT', 'ES', 'NL', 'GB'][1 + h % 6] AS issuer_country, 'DE' AS merchant_country,
        ['5411', '5732', '4722', '7995'][1 + h % 4] AS mcc, ['ecommerce', 'app', 'moto'][1 + h % 3] AS channel,
        toInt64(500 + h % 20000) AS amount, 'EUR' AS currency, multiIf(h % 100 < 88, 'approve', h % 100 < 93, 'challenge', h % 100 < 95, 'review', 'decline') AS verdict,
        if(verdict = 'decline', 'block', 'policy') AS decided_by, if(verdict = 'decline', concat('rule-', toString(h % 40)), '') AS deciding_rule,
        if(verdict = 'decline', [deciding_rule, concat('rule-', toString(40 + h % 40))], if(h % 7 = 0, [concat('rule-', toString(80 + h % 20))], [])) AS hits,
        'rules-' || toString(intDiv(number, {total} / 12 + 1)) AS ruleset, '0123456789abcdef' AS model
    FROM numbers({start}, {rows})
"""
FILLS = {
    "payments": """
        SELECT engine, t AS received_at, t AS occurred_at, merchant_account, payment_id, 1 AS attempt, 'pre_auth' AS phase, amount, currency,
               'card' AS method, card, bin, issuer_country, customer, device, ip_network, email, merchant_id, mcc, merchant_country, channel,
               'payments' AS log_topic, 0 AS log_partition, n AS log_offset FROM ({source})""",
    "decisions": """
        SELECT engine, n + 1 AS sequence, merchant_account, payment_id, 1 AS attempt, 'pre_auth' AS phase, verdict, h % 1000000 / 1000000 AS probability,
               h % 101 AS score, hits, amount, currency, amount AS reference_amount, 'card' AS method, merchant_id, merchant_country, t AS occurred_at,
               t AS received_at, t AS engine_time, t + toIntervalMillisecond(3) AS decided_at, 3 AS latency_ms, model, ruleset, decided_by, deciding_rule,
               if(n % 10 < 3, 'fedcba9876543210', '') AS challenger_model, if(n % 10 < 3, 0.5, NULL) AS challenger_probability,
               if(n % 10 < 3, 'approve', '') AS challenger_verdict, if(h % 61 = 0, [concat('trial-', toString(h % 5))], []) AS shadow_hits, true AS payment_known, card, bin, issuer_country, customer, device, ip_network, email,
               mcc, channel, 'decisions' AS log_topic, 0 AS log_partition, n AS log_offset FROM ({source})""",
    "decided_payments": """
        SELECT engine, payment_id, merchant_account, 1 AS attempt, 'pre_auth' AS phase, t AS decided_at, t AS engine_time, verdict, decided_by, deciding_rule,
               hits, model, ruleset, amount, currency, amount AS reference_amount, merchant_id, merchant_country, bin, issuer_country, mcc, channel,
               if(n % 10 < 3, 'fedcba9876543210', '') AS challenger_model, if(n % 10 < 3, 'approve', '') AS challenger_verdict, 'decisions' AS log_topic, 0 AS log_partition, n AS log_offset FROM ({source})""",
    "timeline": """
        SELECT engine, made.2.2 AS token, made.2.1 AS entity, made.1.3 AS at, made.1.1 AS event, made.1.2 AS what, '' AS detail, merchant_account,
               payment_id, 1 AS attempt, merchant_id, amount, currency, made.1.4 AS log_topic, 0 AS log_partition, n * 2 + made.1.5 AS log_offset
        FROM ({source}) ARRAY JOIN arrayFlatten(arrayMap(e -> arrayMap(p -> (e, p), [('payment', payment_id), ('card', card), ('customer', customer), ('device', device),
            ('ip', ip_network), ('email', email)]), arrayFilter(e -> e.1 = 'decision' OR verdict = 'approve', [('decision', verdict, t, 'decisions', 0),
            ('outcome', 'authorised', t + toIntervalSecond(1), 'outcomes', 0), ('outcome', 'captured', t + toIntervalSecond(2), 'outcomes', 1)]))) AS made""",
    "outcomes": """
        SELECT engine, merchant_account, payment_id, 1 AS attempt, t AS occurred_at, event.1 AS kind, t + toIntervalSecond(1) AS at, amount, currency,
               amount AS reference_amount, event.2 AS decline_group, false AS repeated, true AS first_of_kind, verdict = 'challenge' AS challenged,
               true AS decision_known, t AS cohort_at, verdict, decided_by, deciding_rule, hits, model, ruleset, amount AS payment_reference_amount,
               merchant_country, mcc, channel, merchant_id, 'card' AS method, card, bin, issuer_country, customer, device, ip_network, email,
               t + toIntervalSecond(1) AS appended_at, 'outcomes' AS log_topic, 0 AS log_partition, n * 2 + event.3 AS log_offset FROM ({source})
        ARRAY JOIN multiIf(verdict = 'approve' AND h % 12 > 0, [('authorised', '', 0), ('captured', '', 1)], verdict = 'approve', [('declined', 'insufficient_funds', 0)],
            verdict = 'challenge' AND h % 3 = 0, [('authenticated', '', 0)], verdict = 'challenge' AND h % 3 = 1, [('authentication_failed', '', 0)],
            CAST([], 'Array(Tuple(String, String, UInt8))')) AS event""",
    "labels": """
        SELECT engine, merchant_account, payment_id, 1 AS attempt, t AS occurred_at, if(h % 150 = 0, 'legitimate', 'fraud') AS label,
               if(h % 150 = 0, 'analyst', 'chargeback') AS source, 80 AS strength, t + toIntervalDay(h % 60) AS known_at, h % 60 AS age_days, '' AS stood_before,
               label AS stands_after, if(n % 10 < 3, 'fedcba9876543210', '') AS challenger_model, if(n % 10 < 3, 'approve', '') AS challenger_verdict, h % 1000000 / 1000000 AS probability, if(n % 10 < 3, 0.5, NULL) AS challenger_probability,
               if(h % 61 = 0, [concat('trial-', toString(h % 5))], []) AS shadow_hits, amount, currency, true AS decision_known, t AS cohort_at, verdict, decided_by, deciding_rule, hits, model, ruleset,
               amount AS payment_reference_amount, merchant_country, mcc, channel, merchant_id, 'card' AS method, card, bin, issuer_country, customer, device,
               ip_network, email, t + toIntervalDay(h % 60) AS appended_at, 'labels' AS log_topic, 0 AS log_partition, n AS log_offset FROM ({source}) WHERE h % 50 = 0""",
    "disputes": """
        SELECT engine, merchant_account, payment_id, 1 AS attempt, t AS occurred_at, concat('dispute-', toString(n)) AS dispute_id, 'chargeback' AS stage,
               t + toIntervalDay(20) AS at, amount, amount AS disputed_amount, currency, amount AS reference_amount, ['visa', 'mastercard'][1 + h % 2] AS scheme,
               '10.4' AS reason_code, verdict, t AS cohort_at, merchant_id, card, t AS appended_at, 'disputes' AS log_topic, 0 AS log_partition,
               n AS log_offset FROM ({source}) WHERE h % 200 = 0""",
    "reviews": """
        SELECT engine, merchant_account, payment_id, 1 AS attempt, t AS occurred_at, 'fraud' AS label, t + toIntervalHour(1) AS at,
               ['ana', 'bo'][1 + h % 2] AS author, amount, currency, verdict, t AS cohort_at, merchant_id, card, t AS appended_at, 'disputes' AS log_topic,
               0 AS log_partition, n AS log_offset FROM ({source}) WHERE h % 150 = 0""",
}  # fmt: skip


def fill(client: Client, total: int) -> None:
    """Fills the tables, a block of each after the other, as a sink would: a payment has one time in all."""
    now = client.command("SELECT now('UTC')")
    for start in range(0, total, BLOCK):
        rows = min(BLOCK, total - start)
        for table, text in FILLS.items():
            query = text.replace("{source}", SOURCE.format(total=total, start=start, rows=rows, now=now))
            names = ", ".join(
                f"`{name}`" for name in client.query(f"SELECT * FROM ({query}) LIMIT 0").column_names
            )
            began = time.perf_counter()
            client.command(f"INSERT INTO {table} ({names}) {query}", settings={"max_memory_usage": 6 << 30})
            click.echo(f"{start:>12,} {table:18} {time.perf_counter() - began:6.1f} s", err=True)


def add_up(client: Client) -> None:
    """Fills the aggregates that are empty."""
    for aggregate in AGGREGATES:
        if not client.command(f"SELECT count() FROM {aggregate.name}"):
            began = time.perf_counter()
            client.command(
                f"INSERT INTO {aggregate.name} {aggregate.feed(client)}",
                settings={"insert_deduplicate": 0, "max_memory_usage": 6 << 30},
            )
            rows = client.command(f"SELECT count() FROM {aggregate.name}")
            click.echo(f"{rows:>12,} {aggregate.name:26} {time.perf_counter() - began:6.1f} s", err=True)


def measured(database: Database, query: str, runs: int) -> dict[str, Any]:
    """The quickest and the middle of several runs in ms, and what is read from the tables."""
    times = []
    with database.connection() as connection:
        for _ in range(runs):
            began = time.perf_counter()
            result = connection.query(query, "TabSeparated")
            times.append((time.perf_counter() - began) * 1000)
        lines = (result.bytes() or b"").count(b"\n")
        read = result.storage_rows_read()
    times.sort()
    middle = times[len(times) // 2]
    return {"ms_min": round(times[0], 1), "ms_median": round(middle, 1), "rows_read": read, "rows": lines}


@contextmanager
def filled(
    home: Path, decisions: int, more: Callable[[Client, int], None] = lambda *_: None
) -> Iterator[Database]:
    """The warehouse of a home, filled where it is empty; `more` is made besides."""
    with closing(Database(home / "warehouse")) as database:
        with closing(database.client()) as client:
            migrate(client)
            if not client.command("SELECT count() FROM decisions"):
                fill(client, decisions)
            add_up(client)
            more(client, decisions)
        yield database


@click.command()
@click.option("--decisions", default=10_000_000, show_default=True)
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Filled where it is empty.")
@click.option("--runs", default=5, show_default=True)
@click.option("--only", default="", help="Questions whose words or text match this regular expression.")
def main(decisions: int, home: Path, runs: int, only: str) -> None:
    """Time and rows read of every question and example."""
    with filled(home, decisions) as database:
        text = PAGE.read_text(encoding="utf-8")
        questions = [(f"{number}. {words}", query) for number, words, query in QUESTION.findall(text)]
        asked = {query for _, query in questions}
        examples = [(query.strip()[:70].replace("\n", " "), query) for query in EXAMPLE.findall(text)]
        for words, query in questions + [(words, query) for words, query in examples if query not in asked]:
            if re.search(only, words + query):
                click.echo(json.dumps({"question": words, **measured(database, query, runs)}))


if __name__ == "__main__":
    main()
