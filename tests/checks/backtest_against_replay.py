"""Backtest of a changed ruleset against a replay of the same payments by an engine core; exit code 1 where
they differ.

    python -m tests.checks.backtest_against_replay FILE MAP [--limit 100000] [--ruleset RULES.yaml]
        [--policy POLICY.yaml] [--json]

One side prepares the file and backtests the ruleset on its vectors. The other feeds the file, its labels
where they became known, and the rules' list entries where they are read back, through `Core.apply`, and adds
up its decisions payment by payment in plain Python, by the definitions in words. All figures must be equal.

A ruleset whose rules put values on lists and read them must differ: the difference is printed then, and is
no failure. A queue that fills does not occur here: nobody reports one.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

from features.catalogue import CATALOGUE
from models.messages.codec import encode
from models.messages.control import AmountWaiver, Change, Control, PolicyChange, RulesetChange
from models.messages.label import Label
from models.policy.policy import Policy
from models.rules.source.yaml_source import read_ruleset
from models.seed import seed_model_artefact, seed_policy
from streams.backtest.cases.archive import CaseArchive
from streams.backtest.cases.from_file import prepare
from streams.backtest.cases.list_history import ListHistory
from streams.backtest.run import BacktestPlan, run
from streams.backtest.strategy.strategy import strategy_of
from streams.control_plane.artefacts import ArtefactStore
from streams.control_plane.seed import seed_changes
from streams.engine.core import Core
from streams.engine.decision.context import Context, rule_schema
from streams.engine.input.batch import InputBatch
from streams.sources.files.data_set_log import DataSetLog, MessageKind
from streams.sources.files.replay_map import ReplayMap, load
from streams.sources.vectors.compute import reference_tables
from streams.sources.vectors.history_block import VectorSource

CHANGED = """
name: changed
version: 2
groups:
  grocers: [fraud_Kilback LLC, fraud_Cormier LLC]
rules:
  - {id: large, description: Large and likely, owner: fraud-team, action: block,
     when: amount > 700 USD and probability > 0.2}
  - {id: large, description: Grocers may sell more, owner: fraud-team, action: review, group: grocers,
     when: amount > 900 USD and probability > 0.2}
  - {id: fast, description: Many in an hour, owner: fraud-team, score: 60, when: card_payment_count_1h >= 3}
  - {id: online, description: Shopping online, owner: fraud-team, action: review,
     when: 'metadata.category in ("shopping_net", "misc_net") and probability > 0.5'}
  - {id: groceries, description: Small groceries, owner: fraud-team, action: allow,
     when: mcc == "5411" and amount < 20 EUR}
  - {id: half, description: Every second large one is authenticated, owner: fraud-team, action: challenge,
     when: amount > 200 EUR, sample: 0.5}
  - {id: watched, description: To be tried, owner: fraud-team, action: block, mode: shadow,
     when: amount > 300 EUR}
"""
NOW = 4_000_000_000_000
"""Append time of all records: behind every event, so that the payments' own times rule."""
BATCH = 2_000
DAY_MS = 86_400_000
NAMES = ("approve", "challenge", "review", "decline")
LINES = {"declined": 3, "declined or reviewed": 2, "not approved at once": 1}


def main() -> int:
    arguments = _arguments()
    ruleset = read_ruleset(arguments.ruleset.read_text() if arguments.ruleset else CHANGED, "rules").document
    replay_map = load(arguments.map)
    policy = yaml.safe_load(arguments.policy.read_text()) if arguments.policy else seed_policy()
    assert replay_map.label is not None, "the map must say which payments are frauds"
    with tempfile.TemporaryDirectory(prefix="tollgate-backtest-") as name:
        found = _backtest(arguments, replay_map, ruleset, policy, Path(name))
        started = time.perf_counter()
        wanted = _replayed(arguments, replay_map, ruleset, policy, Path(name))
        seconds = time.perf_counter() - started
    print(f"backtest: {found['rows']:,} payments in {found['seconds']:.2f} s; replay: {seconds:.0f} s")
    differences = _differences(wanted, {name: found[name] for name in wanted})
    for line in differences[:20]:
        print(f"DIFFERENT: {line}")
    lists = any("put_on_list" in rule for rule in ruleset["rules"])
    words = "as is to be expected of rules that make list entries" if lists and differences else ""
    print(f"{_count(wanted):,} figures compared, {len(differences):,} differ {words}".strip())
    if arguments.json:
        print(json.dumps({"rows": found["rows"], "figures": _count(wanted), "different": len(differences)}))
    return 1 if differences and not lists else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Backtest against replay, figure by figure.")
    parser.add_argument("file", type=Path)
    parser.add_argument("map", help="a map that comes with Tollgate, or its YAML file")
    parser.add_argument("--limit", type=int, help="only the first rows")
    parser.add_argument("--ruleset", type=Path, help="the changed ruleset instead of this check's own")
    parser.add_argument("--policy", type=Path, help="a policy instead of the seed's")
    parser.add_argument("--json", action="store_true", help="the outcome as JSON, in the last line")
    return parser.parse_args()


def _backtest(
    arguments: argparse.Namespace, replay_map: ReplayMap, ruleset: Any, policy: Any, folder: Path
) -> Any:
    reference = reference_tables()
    prepare(VectorSource(arguments.file, replay_map, limit=arguments.limit), folder, CATALOGUE, reference)
    entries = ListHistory.of([(0, change) for change in _list_changes(folder)])
    candidate = strategy_of(
        ruleset,
        Policy.from_dict(policy),
        seed_model_artefact(),
        rule_schema(CATALOGUE),
        entries,
        reference.get("fx"),
    )
    assert replay_map.label is not None
    plan = BacktestPlan(
        CaseArchive(folder / "cases", folder / "vectors"), candidate, maturity_ms=replay_map.label.delay_ms
    )
    return run(plan).document()


def _list_changes(folder: Path) -> list[Any]:
    return [c for c in seed_changes(ArtefactStore(folder / "artefacts")) if type(c).__name__ == "ListChange"]


# ---- the engine, and its decisions added up by hand


def _replayed(
    arguments: argparse.Namespace, replay_map: ReplayMap, ruleset: Any, policy: Any, folder: Path
) -> Any:
    store = ArtefactStore(folder / "artefacts")
    core = Core("check", CATALOGUE, Context(CATALOGUE, store.load))
    changes: list[Change] = [
        c for c in seed_changes(store) if not isinstance(c, RulesetChange | PolicyChange)
    ]
    changes += [
        PolicyChange(policy),
        RulesetChange(ruleset),
        *([AmountWaiver()] if replay_map.waive_amount_limits else []),
    ]
    controls = [encode(Control(f"seed-{n}", 0, "check", change)) for n, change in enumerate(changes)]
    answers: list[Any] = []
    labels: dict[str, tuple[str, int]] = {}
    waiting = _apply(core, controls, answers)
    values: list[bytes] = []
    for messages in DataSetLog(arguments.file, replay_map, arguments.limit):
        for kind, value in zip(messages.kinds, messages.values, strict=True):
            if kind is MessageKind.LABEL:
                label = msgspec.json.decode(value, type=Label)
                labels[label.payment_id] = (label.label.value, label.known_at)
            values.append(value)
            if len(values) + len(waiting) >= BATCH:
                waiting = _apply(core, [*waiting, *values], answers)
                values = []
    _apply(core, [*waiting, *values], answers)
    return _added_up(answers, labels, ruleset)


def _apply(core: Core, values: list[bytes], answers: list[Any]) -> list[bytes]:
    """Applies records; gives the list entries that rules asked for, to be read back."""
    batch = InputBatch()
    batch.extend("check.history", 0, [(value, n, NOW) for n, value in enumerate(values)])
    result = core.apply(batch)
    refused = [letter.detail for _, letter in result.dead_letters if letter.reason == "invalid_control"]
    assert not refused, refused
    answers += [json.loads(answer.body) for answer in result.answers]
    return [encode(effect) for effect in result.effects]


def _added_up(answers: list[Any], labels: dict[str, tuple[str, int]], ruleset: Any) -> Any:
    payments = [answer for answer in answers if not answer.get("duplicate")]
    as_of = payments[-1]["engine_time"]
    for payment in payments:
        said, known_at = labels.get(payment["payment_id"], ("unknown", as_of + 1))
        payment["truth"] = said if known_at <= as_of else "unknown"
        payment["all_hits"] = [*payment["hits"], *payment.get("shadow_hits", [])]
    return {
        "rows": len(payments),
        "verdicts": {
            **{name: _figures([p for p in payments if NAMES.index(p["verdict"]) >= least], payments)
               for name, least in LINES.items()},
            "approved": _figures([p for p in payments if p["verdict"] == "approve"], payments),
        },
        "rules": _by_rule(payments, ruleset),
        "days": _by_day(payments),
    }  # fmt: skip


def _by_rule(payments: list[Any], ruleset: Any) -> dict[str, Any]:
    """By rule id: a decision names ids, whatever level they come from."""
    found = {}
    for rule_id in dict.fromkeys(rule["id"] for rule in ruleset["rules"]):
        hits = [p for p in payments if rule_id in p["all_hits"]]
        alone = [p for p in hits if not set(p["hits"]) - {rule_id}]
        figures = _figures(hits, payments)
        found[rule_id] = {name: figures[name] for name in (*_SUMMED, "recall", "insult_rate")}
        found[rule_id]["unique"] = len(alone)
    return found


_SUMMED = ("payments", "value", "disputed", "succeeded", "fraud", "legitimate", "unknown", "value_caught",
           "value_blocked_by_mistake")  # fmt: skip


def _figures(flagged: list[Any], payments: list[Any]) -> dict[str, Any]:
    def those(truth: str, of: list[Any]) -> list[Any]:
        return [p for p in of if p["truth"] == truth]

    frauds, good = those("fraud", flagged), those("legitimate", flagged)
    friendly = those("friendly", flagged)
    all_frauds, all_good = those("fraud", payments), those("legitimate", payments)
    value = {name: sum(p["reference_amount"] for p in of) for name, of in (("fraud", frauds), ("good", good))}
    return {
        "payments": len(flagged),
        "value": sum(p["reference_amount"] for p in flagged),
        "disputed": len(frauds) + len(friendly),
        "refunded": 0,
        "stopped": 0,
        "succeeded": len(flagged) - len(frauds) - len(friendly),
        "fraud": len(frauds),
        "friendly": len(friendly),
        "legitimate": len(good),
        "unknown": len(those("unknown", flagged)),
        "precision": _ratio(len(frauds), len(frauds) + len(good)),
        "recall": _ratio(len(frauds), len(all_frauds)),
        "value_caught": value["fraud"],
        "value_blocked_by_mistake": value["good"],
        "insult_rate": _ratio(len(good), len(all_good)),
        "false_positives_per_fraud": _ratio(len(good), len(frauds)),
        "fraud_bp_by_count": _ratio(10_000 * len(frauds), len(frauds) + len(good)),
        "fraud_bp_by_value": _ratio(10_000 * value["fraud"], value["fraud"] + value["good"]),
    }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _by_day(payments: list[Any]) -> list[Any]:
    days: dict[int, list[Any]] = defaultdict(list)
    for payment in payments:
        days[payment["engine_time"] // DAY_MS].append(payment)
    found = []
    for day in sorted(days):
        stopped = _figures([p for p in days[day] if p["verdict"] in ("review", "decline")], days[day])
        passed = _figures([p for p in days[day] if p["verdict"] in ("approve", "challenge")], days[day])
        found.append({
            "day": datetime.fromtimestamp(day * 86_400, UTC).date().isoformat(),
            "payments": len(days[day]),
            "declined": sum(p["verdict"] == "decline" for p in days[day]),
            "reviewed": sum(p["verdict"] == "review" for p in days[day]),
            "frauds_caught": stopped["fraud"],
            "mistakes": stopped["legitimate"],
            "value_caught": stopped["value_caught"],
            "value_blocked_by_mistake": stopped["value_blocked_by_mistake"],
            "fraud_bp_by_count": passed["fraud_bp_by_count"],
            "fraud_bp_by_value": passed["fraud_bp_by_value"],
        })  # fmt: skip
    return found


# ---- comparing


def _differences(wanted: Any, found: Any) -> list[str]:
    """Where the backtest says something else than the replay."""
    found = dict(found)
    found["rules"] = _levels_joined(found["rules"], wanted["rules"])
    found["days"] = [{"day": line["day"], **line["new"]} for line in found["days"]]
    return list(_unequal("", wanted, found))


def _levels_joined(lines: list[Any], wanted: dict[str, Any]) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for rule_id, names in wanted.items():
        own = [line for line in lines if line["id"] == rule_id]
        joined[rule_id] = {name: sum(line[name] or 0 for line in own) for name in names}
    return joined


def _unequal(where: str, wanted: Any, found: Any) -> Any:
    if isinstance(wanted, dict):
        for name, value in wanted.items():
            yield from _unequal(f"{where}/{name}", value, found.get(name))
    elif isinstance(wanted, list):
        if len(wanted) != len(found):
            yield f"{where}: {len(wanted)} in the replay, {len(found)} in the backtest"
        for number, (one, other) in enumerate(zip(wanted, found, strict=False)):
            yield from _unequal(f"{where}/{number}", one, other)
    elif wanted != found and not _nearly(wanted, found):
        yield f"{where}: {wanted} by replay, {found} by backtest"


def _nearly(one: Any, other: Any) -> bool:
    """Shares added over levels may round differently; counts and amounts may not."""
    return isinstance(one, float) and isinstance(other, float) and abs(one - other) < 1e-12


def _count(figures: Any) -> int:
    if isinstance(figures, dict):
        return sum(map(_count, figures.values()))
    return sum(map(_count, figures)) if isinstance(figures, list) else 1


if __name__ == "__main__":
    sys.exit(main())
