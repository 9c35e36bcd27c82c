"""What the rules of the baseline hit on public data and on the fixture: prints it, and writes docs/rules.md.

    python -m tests.checks.baseline_hits            # all sets; writes the table between the page's marks
    python -m tests.checks.baseline_hits --print    # writes nothing

Each set is run through the engine's own kernel and judged by the backtest's code. The first payments of a
set only fill the windows; the ones after them are counted. Precision: share of frauds among a rule's hits;
recall: share of all frauds that it hits; insult rate: share of all good payments that it hits.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from features.catalogue import CATALOGUE
from features.ingest import Ingest
from models.messages.control import ListChange
from models.messages.label import LabelValue
from models.messages.payment import Payment
from models.policy.policy import Policy
from models.reference.bins import BinRanges
from models.reference.tables import agreed
from models.seed import seed_model_artefact, seed_policy
from streams.backtest.cases.block import CaseBlock
from streams.backtest.cases.case_file import SCHEMA
from streams.backtest.cases.case_file import _column as arrow_column
from streams.backtest.cases.case_rows import DecisionColumns, ReportColumns, case_rows
from streams.backtest.cases.list_history import ListHistory
from streams.backtest.strategy.strategy import Strategy, strategy_of
from streams.control_plane.documents import read_document
from streams.engine.admission.admission import HORIZON_MS, KEYS_MAX, Admission
from streams.engine.admission.requests import admission_rows
from streams.engine.decision.context import rule_schema
from streams.sources.files import tables
from streams.sources.files.mapping import map_rows
from streams.sources.files.replay_map import load
from streams.sources.vectors.compute import reference_tables
from streams.sources.vectors.feature_history import FeatureHistory
from streams.sources.vectors.history_block import VectorSource
from tests.checks.baseline_attacks import BINS_CSV, COUNTED_FROM_MS, Landscape

ROOT: Final = Path(__file__).resolve().parents[2]
DATA: Final = ROOT.parent / "shared" / "data"
PAGE: Final = ROOT / "docs" / "rules.md"
RULESET: Final = ROOT / "models" / "data" / "baseline_ruleset.yaml"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SETS: Final = (("sparkov", 300_000, 200_000), ("handbook", 300_000, 200_000), ("ucsd_fico", 71_115, 20_000))
"""Name, rows that are read, and how many of them only fill the windows."""
SEED: Final = 5
BATCH: Final = 8_192
OFTEN: Final = 0.05

Piece = tuple[list[Payment], np.ndarray, np.ndarray, np.ndarray]
"""Payments, their engine times, vectors, and which are fraud."""


@dataclass
class Measured:
    """Hits of each rule on one set; `frauds[i]` are those of `hits[i]` that were fraud."""

    name: str
    rules: int
    payments: int = 0
    fraud: int = 0
    hits: np.ndarray = field(init=False)
    frauds: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.hits, self.frauds = np.zeros(self.rules, np.int64), np.zeros(self.rules, np.int64)

    def add(self, hits: np.ndarray, fraud: np.ndarray) -> None:
        """Counts some payments; `hits` (rules, n)."""
        self.payments += len(fraud)
        self.fraud += int(fraud.sum())
        self.hits += hits.sum(axis=1)
        self.frauds += hits[:, fraud].sum(axis=1)

    def figures(self, rule: int) -> tuple[float, float, float, float] | None:
        """Share of payments hit, precision, recall, insult rate; None where the rule hit nothing."""
        hits, frauds = int(self.hits[rule]), int(self.frauds[rule])
        if not hits:
            return None
        good = self.payments - self.fraud
        return (
            hits / self.payments,
            frauds / hits,
            frauds / max(self.fraud, 1),
            (hits - frauds) / max(good, 1),
        )


def strategy(lists: ListHistory | None = None) -> Strategy:
    """The baseline with the seed's model and policy."""
    policy = Policy.from_dict(seed_policy())
    rates = reference_tables()["fx"]
    ruleset, model = read_document(RULESET), seed_model_artefact()
    return strategy_of(ruleset, policy, model, rule_schema(CATALOGUE), lists, rates)


def of_set(name: str, rows: int, skip: int) -> Iterator[Piece]:
    """The payments of a public set behind the first `skip`."""
    path, replay_map = DATA / name / "payments.parquet", load(name)
    history = FeatureHistory(VectorSource(path, replay_map, limit=rows), CATALOGUE, reference_tables())
    raw = tables.read(path, list(replay_map.columns()), rows)
    seen = 0
    for block, columns in zip(history, raw, strict=True):
        labels = map_rows(columns.columns, replay_map).labels
        fraud = np.array([label is not None and label.label == LabelValue.FRAUD for label in labels])
        keep = np.flatnonzero((np.arange(seen, seen + len(labels)) >= skip) & ~block.refused)
        seen += len(labels)
        if len(keep):
            payments = [block.payments[row] for row in keep.tolist()]
            yield payments, block.times[keep], block.vectors[keep], fraud[keep]  # type: ignore[misc]


def of_fixture(seed: int, reference: dict[str, Any]) -> Iterator[Piece]:
    """The payments of the fixture's second month, with its outcomes and labels between them."""
    world = Landscape(seed)
    messages = world.messages()
    ingest, admission = Ingest(CATALOGUE), Admission(HORIZON_MS, KEYS_MAX)
    for start in range(0, len(messages), BATCH):
        part = messages[start : start + BATCH]
        is_payment = np.array([isinstance(message, Payment) for message in part])
        payments = [message for message in part if isinstance(message, Payment)]
        admitted = admission.admit(admission_rows(part, [_at(message) for message in part]))
        out = ingest.run(part, admitted.times, ~is_payment | admitted.first, reference).vectors
        times = admitted.times[is_payment]
        fraud = np.array([payment.payment_id in world.frauds for payment in payments], np.bool_)
        keep = np.flatnonzero(times >= COUNTED_FROM_MS)
        yield [payments[row] for row in keep.tolist()], times[keep], out[keep], fraud[keep]


def _at(message: Any) -> int:
    if isinstance(message, Payment):
        return message.occurred_at
    return int(message.at if hasattr(message, "at") else message.known_at)


def measure(name: str, pieces: Iterator[Piece], strategy: Strategy, reference: dict[str, Any]) -> Measured:
    """Judges all pieces, and counts hits, of shadow rules too."""
    assert strategy.ruleset is not None
    measured = Measured(name, len(strategy.ruleset.rule_ids))
    for payments, times, vectors, fraud in pieces:
        if not len(times):
            continue
        decided = DecisionColumns(payments, np.arange(len(times)), times)
        rows = case_rows(decided, ReportColumns.nothing(len(times)), reference)
        cases = pa.RecordBatch.from_arrays([arrow_column(rows, f) for f in SCHEMA], schema=SCHEMA)
        position = {feature: at for at, feature in enumerate(CATALOGUE.names)}
        known = {
            feature: np.ascontiguousarray(vectors[:, position[feature]]) for feature in strategy.features
        }
        rules = strategy.decide(CaseBlock(cases, known)).rules
        assert rules is not None
        measured.add(rules.hits | rules.shadow, fraud)
    return measured


def all_sets() -> list[Measured]:
    """Every set there is, and the fixture."""
    reference = reference_tables()
    found = [measure(name, of_set(name, rows, skip), strategy(), reference)
             for name, rows, skip in SETS if (DATA / name).is_dir()]  # fmt: skip
    return [*found, fixture()]


def fixture() -> Measured:
    """The fixture alone, with a table of BINs and twenty trusted customers; other lists are empty."""
    reference = agreed({**reference_tables(), "bins": BinRanges.from_csv(BINS_CSV)})
    trusted = [ListChange("trusted_customers", f"cus_{number}") for number in range(0, 200, 10)]
    lists = ListHistory.of([(0, change) for change in trusted])
    return measure("fixture", of_fixture(SEED, reference), strategy(lists), reference)


def table(found: list[Measured]) -> str:
    """The table of the page: a row a rule; hits in percent of payments / precision / recall / insult rate."""
    compiled = strategy().ruleset
    assert compiled is not None
    lines = [
        "| rule | does | " + " | ".join(one.name for one in found) + " |",
        "|---" * (len(found) + 2) + "|",
    ]
    lines += [
        f"| `{rule.id}` | {does(rule)} | " + " | ".join(cell(one.figures(at)) for one in found) + " |"
        for at, rule in enumerate(compiled.rules)
    ]
    sizes = ", ".join(f"{one.name} {one.payments:,} payments with {one.fraud:,} frauds" for one in found)
    return f"Measured on: {sizes}.\n\n" + "\n".join(lines)


def does(rule: Any) -> str:
    return rule.does if rule.runs == "live" else f"{rule.does} ({rule.runs})"


def cell(figures: tuple[float, float, float, float] | None) -> str:
    if figures is None:
        return "-"
    hit, precision, recall, insult = figures
    return f"{hit:.2%} / {precision:.0%} / {recall:.1%} / {insult:.2%}"


def written(page: str, text: str) -> str:
    """The page with the text between its marks."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{text}\n{END}{tail}"


def main() -> None:
    """Measures, prints, and writes the page."""
    found = all_sets()
    text = table(found)
    print(text)
    often = [(one.name, rule) for one in found for rule in range(one.rules)
             if one.hits[rule] > OFTEN * one.payments]  # fmt: skip
    print("hit more than 5 % of a set:", often or "none")
    if "--print" not in sys.argv:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
