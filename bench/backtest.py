"""Backtest of 10 M payments: seconds, rows a second and peak memory, with and without the model.

    python -m bench.backtest FILE MAP [--rows 10000000] [--keep FOLDER] [--json]

Vectors and cases of FILE are computed once (at most 200,000 rows) and repeated until there are enough, a
different time to each copy; only the columns that the ruleset, policy and model read are written. Each run is
a process of its own, so that its peak memory is its own.
"""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from features.catalogue import CATALOGUE
from models.policy.policy import Policy
from models.seed import seed_model_artefact, seed_policy
from models.units import DAY_MS
from streams.backtest.cases.archive import CaseArchive
from streams.backtest.cases.from_file import prepare
from streams.backtest.cases.label_history import LabelHistory
from streams.backtest.run import BacktestPlan, run
from streams.backtest.strategy.strategy import Strategy, strategy_of
from streams.engine.decision.context import rule_schema
from streams.sources.files.replay_map import load
from streams.sources.vectors.compute import reference_tables
from streams.sources.vectors.history_block import VectorSource

BASE_ROWS = 200_000
GROUP_ROWS = 16_384
RULES: list[dict[str, Any]] = [
    {"id": "large", "when": "amount > 700 USD and probability > 0.2", "action": "block"},
    {"id": "fast", "when": "card_payment_count_1h >= 3", "score": 60},
    {"id": "online", "when": 'mcc in ("5964", "5999") and probability > 0.5', "action": "review"},
    {"id": "groceries", "when": 'mcc == "5411" and amount < 20 EUR', "action": "allow"},
    {"id": "unusual", "when": "card_amount_ratio_to_mean_30d > 5", "score": 30},
    {"id": "new_pair", "when": "card_merchant_payment_count_30d == 0 and amount > 300 EUR", "score": 20},
    {"id": "refused", "when": "card_declined_count_24h >= 3", "action": "block"},
    {"id": "known_fraud", "when": "card_frauds_learned_lifetime > 0", "action": "block"},
    {"id": "half", "when": "amount > 200 EUR", "sample": 0.5, "action": "challenge"},
    {"id": "watched", "when": "amount > 300 EUR", "action": "block", "mode": "shadow"},
]


def strategy(with_model: bool) -> Strategy:
    """Ten rules over features, texts and money, with the seed's policy."""
    rules = [{"description": "a rule", "owner": "bench", **rule} for rule in RULES]
    return strategy_of(
        {"name": "bench", "version": 2, "rules": rules},
        Policy.from_dict(seed_policy()),
        seed_model_artefact() if with_model else None,
        rule_schema(CATALOGUE),
        rates=reference_tables()["fx"],
    )


def repeat(base: Path, folder: Path, rows: int) -> None:
    """Writes the base's cases and vectors again and again, one file a copy, until there are `rows`."""
    features = sorted(strategy(True).features)
    cases = pq.read_table(base / "cases")
    vectors = pq.read_table(base / "vectors", columns=["sequence", *features])
    span = int(cases["engine_time"][-1].as_py()) - int(cases["engine_time"][0].as_py()) + 1
    probability = np.arange(len(cases), dtype=np.int64) * 7_919 % 1_000_001
    cases = _with(cases, "probability_micro", probability)
    for copy in range(-(-rows // len(cases))):
        kept = min(len(cases), rows - copy * len(cases))
        _copy(cases.slice(0, kept), folder / "cases", copy, span, len(cases))
        _copy(vectors.slice(0, kept), folder / "vectors", copy, span, len(cases))


def _copy(table: pa.Table, folder: Path, copy: int, span: int, rows: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if "labels" in table.column_names:
        table = _with(table, "labels", _later(table["labels"].combine_chunks(), copy * span))
    for name, shift in (("sequence", rows), ("engine_time", span), ("received_at", span)):
        if name in table.column_names:
            values = table[name].to_numpy()
            table = _with(table, name, np.where(values == 2**63 - 1, values, values + copy * shift))
    pq.write_table(
        table,
        folder / f"{copy:04d}.parquet",
        row_group_size=GROUP_ROWS,
        compression="zstd",
        compression_level=1,
    )


def _later(labels: pa.ListArray, shift_ms: int) -> pa.ListArray:
    """The labels of payments that were made so much later."""
    history = LabelHistory.from_arrow(labels)
    return dataclasses.replace(history, known_at=history.known_at + shift_ms).to_arrow()


def _with(table: pa.Table, name: str, values: np.ndarray) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, table.schema.field(name), pa.array(values))


def measure(folder: Path, with_model: bool) -> dict[str, Any]:
    """One backtest in this process."""
    plan = BacktestPlan(
        CaseArchive(folder / "cases", folder / "vectors"), strategy(with_model), maturity_ms=7 * DAY_MS
    )
    started, before = time.perf_counter(), time.process_time()
    document = run(plan).document()
    return {
        "model": with_model,
        "rows": document["rows"],
        "columns": len({*plan.new.columns, *plan.new.features}),
        "seconds": round(time.perf_counter() - started, 2),
        "processor_seconds": round(time.process_time() - before, 2),
        "load_average": os.getloadavg()[0],
        "rows_per_second": document["rows_per_second"],
        "peak_memory_mb": _peak_mb(),
    }


def _peak_mb() -> int:
    """This process's own peak; `getrusage` would count what its parent held when it was forked."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.argument("map_name", required=False)
@click.option("--rows", default=10_000_000, show_default=True)
@click.option("--keep", type=click.Path(path_type=Path), help="Keep (or use) the generated payments here.")
@click.option("--only", type=click.Choice(["logged", "model"]), help="Measure one, in this process.")
@click.option("--json", "as_json", is_flag=True)
def main(
    file: Path | None, map_name: str | None, rows: int, keep: Path | None, only: str | None, as_json: bool
) -> None:
    """Measure a backtest."""
    if only is not None and keep is not None:
        print(json.dumps(measure(keep, only == "model")))
        return
    with tempfile.TemporaryDirectory(prefix="tollgate-bench-") as name:
        folder = keep or Path(name)
        if not (folder / "vectors").exists():
            assert file is not None
            assert map_name is not None
            base = Path(name) / "base"
            prepare(VectorSource(file, load(map_name), limit=BASE_ROWS), base, CATALOGUE, reference_tables())
            repeat(base, folder, rows)
        found = [_apart(folder, only) for only in ("logged", "model")]
    for line in found:
        how = "with the model" if line["model"] else "logged probabilities"
        print(
            f"{line['rows']:,} payments, {len(RULES)} rules, {line['columns']} columns, {how}: "
            f"{line['seconds']:.1f} s ({line['processor_seconds']:.1f} s of processor time, load "
            f"{line['load_average']:.1f}), {line['rows_per_second']:,} rows/s, at most "
            f"{line['peak_memory_mb']:,} MB"
        )
    if as_json:
        print(json.dumps(found))


def _apart(folder: Path, only: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.backtest", f"--keep={folder}", f"--only={only}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
