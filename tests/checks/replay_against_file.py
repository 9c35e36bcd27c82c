"""Recompute from a replayed file what ClickHouse must hold, and compare; exit code 1 at the first difference.

    python -m tests.checks.replay_against_file FILE MAP --engine NAME [--kafka HOST:PORT] [--clickhouse URL]

Three sources meet here and share no code: the file (read with pyarrow and plain arithmetic), the decisions
topic (read_committed), and ClickHouse's aggregates (plain HTTP, CSV). Compared are

* file and ClickHouse: payments and amounts by minute and merchant country, by running maximum of the
payments' times; * decisions topic and ClickHouse: every aggregate of both tables (decisions, duplicates,
amounts, reference amounts, score, probability and latency histograms) by verdict, country, model and
currency; and the rows themselves.

Nothing of `streams.sources` or `streams.warehouse` is used, on purpose. Addresses are looked up in the run
files of `TOLLGATE_HOME` where they are not given.
"""

import argparse
import datetime as dt
import io
import json
import netrc
import os
import re
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import yaml
from confluent_kafka import Consumer, KafkaError, TopicPartition

UNITS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
KEYS = ["bucket", "verdict", "country", "model", "currency"]
SUMS = ["decisions", "duplicates", "amount", "reference_amount"]
# The documented lower bounds of the histograms' buckets.
PROBABILITY = [0, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 200000, 300000, 400000,
               500000, 600000, 700000, 800000, 900000, 950000, 990000]  # fmt: skip
LATENCY = [0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1000, 2000, 5000,
           10000, 30000, 60000, 300000, 3600000]  # fmt: skip


ONE_THREAD = pa.csv.ReadOptions(use_threads=False)
"""Arrow's pool may still be at work when the process ends, which then aborts instead of giving its exit code
(issues 34314 and 39862 of apache/arrow).
"""

COMPARED: dict[str, int] = {}
"""Groups found equal, by what they count."""


def main() -> int:
    arguments = _arguments()
    answers = _answers(arguments.kafka, arguments.engine)
    decisions = sum(answer["decisions"] for answer in answers)
    print(f"decisions topic: {decisions:,} decisions, {len(answers) - decisions:,} duplicates")
    equal = (
        _check_file(arguments, decisions)
        and _check_rows(arguments, decisions, len(answers) - decisions)
        and _check_aggregates(arguments, answers, "minute", 60_000)
        and _check_aggregates(arguments, answers, "hour", 3_600_000)
    )
    if arguments.json:
        print(json.dumps({"equal": equal, "decisions": decisions, "compared": COMPARED}))
    return 0 if equal else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare a replayed file with ClickHouse's aggregates.")
    parser.add_argument("file", type=Path)
    parser.add_argument("map", type=Path, help="the replay map's YAML file")
    parser.add_argument("--engine", required=True)
    parser.add_argument("--json", action="store_true", help="the groups compared, as JSON, in the last line")
    parser.add_argument("--limit", type=int, help="only the first rows were replayed")
    parser.add_argument("--kafka", default=_local("kafka", "bootstrap"))
    parser.add_argument("--clickhouse", default=_local_warehouse(), help="URL with user and password")
    return parser.parse_args()


def _local(name: str, field: str) -> str | None:
    path = Path(os.environ.get("TOLLGATE_HOME", ".tollgate")) / "run" / f"{name}.json"
    return str(json.loads(path.read_text())[field]) if path.is_file() else None


def _local_warehouse() -> str | None:
    """The local warehouse's address, with the analysts' password."""
    url = _local("warehouse", "url")
    path = Path(os.environ.get("TOLLGATE_HOME", ".tollgate")) / "warehouse-analyst.netrc"
    if url is None or not path.is_file():
        return url
    known = netrc.netrc(path).authenticators("127.0.0.1")
    assert known is not None
    return url.replace("://", f"://{known[0]}:{known[2]}@")


# ---- the file


def _check_file(arguments: argparse.Namespace, decisions: int) -> bool:
    replay_map = yaml.safe_load(arguments.map.read_text())
    wanted = _by_minute(_payments(arguments.file, replay_map, arguments.limit))
    query = (
        "SELECT toUnixTimestamp(minute) * 1000 AS bucket, merchant_country AS country, currency, "
        "sum(decisions) AS decisions, sum(amount) AS amount FROM decisions_minute "
        f"WHERE engine = {_quoted(arguments.engine)} GROUP BY bucket, country, currency HAVING decisions > 0"
    )
    found = {
        (row["bucket"], row["country"], row["currency"]): (row["decisions"], row["amount"])
        for row in _ask(arguments.clickhouse, query).to_pylist()
    }
    rows, total = sum(count for count, _ in wanted.values()), sum(amount for _, amount in wanted.values())
    print(f"file: {rows:,} payments, {total:,} minor units in {len(wanted):,} (minute, country, currency)")
    return _same("file and ClickHouse by minute and country", wanted, found) and _equal(
        "payments of the file and decisions", rows, decisions
    )


def _by_minute(payments: Iterator[tuple[int, str, str, int]]) -> dict[tuple[int, str, str], tuple[int, int]]:
    totals: dict[tuple[int, str, str], tuple[int, int]] = {}
    now = 0
    for occurred_at, country, currency, amount in payments:
        now = max(now, occurred_at)
        key = (now - now % 60_000, country, currency)
        count, total = totals.get(key, (0, 0))
        totals[key] = (count + 1, total + amount)
    return totals


def _payments(
    file: Path, replay_map: dict[str, Any], limit: int | None
) -> Iterator[tuple[int, str, str, int]]:
    """(occurred_at, merchant country, currency, amount) of the rows an engine accepts, in order, each id
    once.
    """
    if file.suffix == ".csv":
        table = pa.csv.read_csv(file, ONE_THREAD)
    else:
        table = pa.parquet.read_table(file, use_threads=False)
    table = table.slice(0, limit)
    seen: set[str] = set()
    lowest = 0 if replay_map.get("waive_amount_limits") else 1
    columns = zip(
        _text(table, replay_map["payment_id"]), _times(table, replay_map["occurred_at"]),
        _text(table, replay_map["merchant"].get("country", "")), _text(table, replay_map["currency"]),
        _amounts(table, replay_map["amount"]), strict=True,
    )  # fmt: skip
    for payment_id, occurred_at, country, currency, amount in columns:
        if occurred_at is not None and amount is not None and amount >= lowest and payment_id not in seen:
            seen.add(payment_id)
            yield occurred_at, country, currency, amount


def _text(table: pa.Table, text: Any) -> list[str]:
    if isinstance(text, dict):
        values = {str(key): value for key, value in (text.get("values") or {}).items()}
        return [
            str(values.get(str(value), text.get("default", "")))
            for value in table[text["column"]].to_pylist()
        ]
    names = re.findall(r"\{(.*?)\}", text)
    if not names:
        return [text] * table.num_rows
    rows = zip(*(table[name].to_pylist() for name in names), strict=True)
    return [text.format(**dict(zip(names, row, strict=True))) for row in rows]


def _times(table: pa.Table, time: dict[str, Any]) -> list[int | None]:
    if "datetime" in time:
        stamps = table[time["datetime"]].to_pylist()
        return [None if stamp is None else _epoch_ms(stamp) for stamp in stamps]
    base = _epoch_ms(time["base"]) if "base" in time else 0
    terms = [(table[name].to_pylist(), UNITS[unit]) for name, unit in time["terms"].items()]
    return [base + sum(values[row] * unit for values, unit in terms) for row in range(table.num_rows)]


def _epoch_ms(moment: Any) -> int:
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return int((moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(milliseconds=1))


def _amounts(table: pa.Table, amount: dict[str, Any]) -> list[int | None]:
    scale, whole = int(amount.get("scale", 1)), Decimal(1)
    return [
        None if value is None else int((Decimal(str(value)) * scale).quantize(whole, ROUND_HALF_EVEN))
        for value in table[amount["column"]].to_pylist()
    ]


# ---- the decisions topic


def _answers(bootstrap: str, engine: str) -> list[dict[str, Any]]:
    """Decisions and duplicates, reduced to what is compared."""
    answers: list[dict[str, Any]] = []
    numbers: set[int] = set()
    for decision, latency in _log(bootstrap, f"{engine}.decisions"):
        if not decision.get("duplicate") and decision["sequence"] in numbers:
            sys.exit(f"DIFFERENT: decision {decision['sequence']} is on the log twice and not marked")
        numbers.add(decision["sequence"])
        answers.append(_reduced(decision, latency))
    return answers


def _log(bootstrap: str, topic: str) -> Iterator[tuple[dict[str, Any], int]]:
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "check", "isolation.level": "read_committed",
         "enable.auto.commit": False, "enable.partition.eof": True, "auto.offset.reset": "error"}
    )  # fmt: skip
    consumer.assign([TopicPartition(topic, 0, 0)])
    while True:
        for message in consumer.consume(5000, 0.5):
            error = message.error()
            if error is None:
                answer = json.loads(message.value())
                if answer["type"] == "decision":
                    yield answer, message.timestamp()[1] - answer["received_at"]
            elif error.code() == KafkaError._PARTITION_EOF:
                consumer.close()
                return
            else:
                sys.exit(f"{topic} cannot be read: {error.str()}")


def _reduced(decision: dict[str, Any], latency: int) -> dict[str, Any]:
    """Amounts and histograms count new decisions only."""
    probability, new = decision["probability"], not decision.get("duplicate")
    return {
        "decisions": int(new),
        "duplicates": int(not new),
        "time": decision["engine_time"],
        "verdict": decision["verdict"],
        "country": decision["merchant_country"] or "",
        "model": decision["versions"]["model"] or "",
        "currency": decision["currency"],
        "amount": decision["amount"] * new,
        "reference_amount": decision["reference_amount"] * new,
        "score": decision["score"] // 5 * 5,
        "probability": -1 if probability is None else _bucket(PROBABILITY, round(probability * 1_000_000)),
        "latency": _bucket(LATENCY, latency),
    }


def _bucket(bounds: list[int], value: int) -> int:
    """The greatest bound that is not above `value`; the least bound for what lies below it."""
    return bounds[max(int(np.searchsorted(bounds, value, side="right")) - 1, 0)]


# ---- ClickHouse


def _check_rows(arguments: argparse.Namespace, decisions: int, duplicates: int) -> bool:
    query = (
        "SELECT countIf(NOT duplicate) AS decisions, countIf(duplicate) AS duplicates, "
        "uniqExactIf(sequence, NOT duplicate) AS numbers FROM decisions "
        f"WHERE engine = {_quoted(arguments.engine)}"
    )
    row = _ask(arguments.clickhouse, query).to_pylist()[0]
    print(f"ClickHouse: {row['decisions']:,} decisions, {row['duplicates']:,} duplicates")
    return (
        _equal("decisions on the log and in ClickHouse", decisions, row["decisions"])
        and _equal("different decisions in ClickHouse", decisions, row["numbers"])
        and _equal("duplicates on the log and in ClickHouse", duplicates, row["duplicates"])
    )


def _check_aggregates(
    arguments: argparse.Namespace, answers: list[dict[str, Any]], unit: str, unit_ms: int
) -> bool:
    columns = {name: [row[name] for row in answers] for name in answers[0]}
    columns["bucket"] = [time - time % unit_ms for time in columns.pop("time")]
    table = pa.table(columns)
    return _check_sums(arguments, table, unit) and all(
        _check_histogram(arguments, table, unit, name) for name in ("score", "probability", "latency")
    )


def _check_sums(arguments: argparse.Namespace, table: pa.Table, unit: str) -> bool:
    grouped = table.group_by(KEYS).aggregate([(name, "sum") for name in SUMS])
    wanted = _keyed(grouped, [f"{name}_sum" for name in SUMS])
    sums = ", ".join(f"sum(t.{name}) AS {name}" for name in SUMS)
    query = f"{_select(unit)}, {sums} FROM decisions_{unit} AS t {_grouped(arguments.engine)}"
    found = _keyed(_ask(arguments.clickhouse, query), SUMS)
    print(f"decisions_{unit}: {len(found):,} groups")
    return _same(f"decisions_{unit}: counts and amounts", wanted, found)


def _check_histogram(arguments: argparse.Namespace, table: pa.Table, unit: str, name: str) -> bool:
    new = table.filter(pc.equal(table["decisions"], 1))
    grouped = new.group_by([*KEYS, name]).aggregate([("decisions", "sum")])
    wanted = _keyed(grouped, ["decisions_sum"], name)
    query = (
        f"{_select(unit)}, b.1 AS {name}, sum(b.2) AS n FROM decisions_{unit} AS t "
        f"ARRAY JOIN t.{name}_histogram AS b {_grouped(arguments.engine)}, {name} HAVING n > 0"
    )
    found = _keyed(_ask(arguments.clickhouse, query), ["n"], name)
    return _same(f"decisions_{unit}: {name} histogram", wanted, found)


def _select(unit: str) -> str:
    names = "verdict, merchant_country AS country, model, currency"
    return f"SELECT toUnixTimestamp({unit}) * 1000 AS bucket, {names}"


def _grouped(engine: str) -> str:
    return f"WHERE engine = {_quoted(engine)} GROUP BY {', '.join(KEYS)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _keyed(table: pa.Table, values: list[str], *more_keys: str) -> dict[tuple[Any, ...], tuple[int, ...]]:
    keys = zip(*(table[name].to_pylist() for name in [*KEYS, *more_keys]), strict=True)
    return dict(zip(keys, zip(*(table[name].to_pylist() for name in values), strict=True), strict=True))


def _ask(url: str, query: str) -> pa.Table:
    """The answer as a table; texts stay texts, numbers are 64-bit integers."""
    parts = urllib.parse.urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    address = urllib.parse.urlunsplit((parts.scheme, host, parts.path or "/", "", ""))
    request = urllib.request.Request(address, data=f"{query} FORMAT CSVWithNames".encode())
    request.add_header("X-ClickHouse-User", parts.username or "default")
    request.add_header("X-ClickHouse-Key", parts.password or "")
    with urllib.request.urlopen(request, timeout=600) as answer:
        body = answer.read()
    text = dict.fromkeys(["verdict", "country", "model", "currency"], pa.string())
    return pa.csv.read_csv(io.BytesIO(body), ONE_THREAD, convert_options=pa.csv.ConvertOptions(
        column_types=text, strings_can_be_null=False))  # fmt: skip


# ---- comparing


def _same(what: str, wanted: dict[Any, Any], found: dict[Any, Any]) -> bool:
    for key in sorted(wanted.keys() | found.keys()):
        if wanted.get(key) != found.get(key):
            print(f"DIFFERENT: {what}: at {key} should be {wanted.get(key)}, is {found.get(key)}")
            return False
    COMPARED[what] = len(wanted)
    print(f"equal: {what} ({len(wanted):,} groups)")
    return True


def _equal(what: str, wanted: int, found: int) -> bool:
    print(f"{'equal' if wanted == found else 'DIFFERENT'}: {what}: {wanted:,} and {found:,}")
    return wanted == found


if __name__ == "__main__":
    sys.exit(main())
