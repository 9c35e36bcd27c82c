"""What a policy by cost is worth compared with fixed thresholds and rules alone, on weeks it did not learn
from.

    python -m training.policy_comparison.comparison --set sparkov
    python -m training.policy_comparison.comparison --set handbook --party provider --json

Every strategy says approve, challenge, review or decline for each payment of the later weeks. What that is
worth is reckoned with the payment's true label by the same formulas (`models.policy.utility`, p = 0 or 1), so
a challenged fraud costs what passes on average. All as if sold online: every payment can be challenged. The
interval is a bootstrap over whole days, since payments of one day hang together (Efron and Tibshirani 1993).
"""

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import yaml
from numpy.typing import NDArray

from features.catalogue import CATALOGUE
from models.arrays import Codes
from models.policy import (
    VERDICTS,
    CostParameters,
    ParameterTable,
    Party,
    Policy,
    PolicyRows,
    UtilityDocument,
    utilities,
)
from models.rules import PAYMENT_COLUMNS, CompiledRuleset, RuleResult, Ruleset
from models.rules.language import RuleRows
from models.seed import seed_policy
from models.units import MICRO
from training.policy_comparison.comparison_payments import (
    AMOUNT,
    SETS,
    ComparisonPayments,
    compute_vectors,
    weeks,
)

DATA: Final = Path(__file__).resolve().parents[2].parent / "shared" / "data"
RULES: Final = Path(__file__).with_name("policy_comparison_rules.yaml")
SEED: Final = 20_190_101
RESAMPLES: Final = 1_000
BATCH: Final = 100_000
STEPS: Final = (
    500,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    400_000,
    700_000,
    MICRO + 1,
)
"""Probabilities that tuned thresholds are chosen from."""

Cents = NDArray[np.float64]


def compare(
    calibrate: ComparisonPayments, later: ComparisonPayments, ruleset: CompiledRuleset, policy: Policy
) -> dict[str, tuple[Codes, Cents]]:
    """Verdicts and what they are worth (cents), by strategy, of the later weeks."""
    worth = realised(later, _parameters(policy))
    ruled, tuned = run_rules(ruleset, later), tuned_thresholds(calibrate, _parameters(policy))
    allow_all = Policy.from_dict(_thresholds(MICRO + 1, MICRO + 1, MICRO + 1))
    verdicts = {
        "approve everything": judge(allow_all, later, None, model=False),
        "rules alone": judge(allow_all, later, ruled, model=False),
        "fixed thresholds (seed)": judge(Policy.from_dict(seed_policy()), later, None),
        "fixed thresholds (tuned)": judge(Policy.from_dict(tuned), later, None),
        "policy by cost": judge(policy, later, None),
        "policy by cost and rules": judge(policy, later, ruled),
        "perfect foresight": np.argmax(worth, axis=0).astype(np.uint8),
    }
    at = np.arange(len(later.fraud))
    return {name: (codes, worth[codes, at] / MICRO) for name, codes in verdicts.items()}


def realised(payments: ComparisonPayments, parameters: CostParameters) -> NDArray[np.int64]:
    """Micro-cents each verdict is worth, shape (4, n), the label being known."""
    rows = _rows(
        payments, payments.fraud.astype(np.int64) * MICRO, np.zeros(len(payments.fraud), np.int64), None
    )
    return utilities(rows, ParameterTable((parameters,)).of(None), None)


def judge(
    policy: Policy, payments: ComparisonPayments, ruled: RuleResult | None, *, model: bool = True
) -> Codes:
    """The policy's verdicts; without a model the probability of fraud is taken as 0."""
    zeros = np.zeros(len(payments.fraud), np.int64)
    micro = payments.probability_micro if model else zeros
    return policy.judge(_rows(payments, micro, zeros if ruled is None else ruled.score, ruled)).verdict


def tuned_thresholds(payments: ComparisonPayments, parameters: CostParameters) -> dict[str, Any]:
    """The thresholds of `STEPS` that would have been worth most in these weeks."""
    micro, worth = payments.probability_micro, realised(payments, parameters)
    sums = np.zeros((4, len(STEPS) + 1))
    band = np.searchsorted(np.array(STEPS), micro, side="right")
    for verdict in range(4):
        sums[verdict] = np.bincount(band, worth[verdict] / MICRO, len(STEPS) + 1)
    total = np.concatenate([np.zeros((4, 1)), np.cumsum(sums, axis=1)], axis=1)
    n, best = len(STEPS), (-np.inf, (0, 0, 0))
    for low in range(n):
        for middle in range(low, n):
            for high in range(middle, n):
                ends = (0, low + 1, middle + 1, high + 1, n + 1)
                value = sum(total[v, ends[v + 1]] - total[v, ends[v]] for v in range(4))
                best = max(best, (float(value), (low, middle, high)))
    return _thresholds(*(STEPS[at] for at in best[1]))


def run_rules(ruleset: CompiledRuleset, payments: ComparisonPayments) -> RuleResult:
    """The rules over features and amount; other payment fields are missing, lists are empty."""
    n = len(payments.fraud)
    blank = {
        "text": np.full(n, None, object),
        "boolean": np.full(n, None, object),
        "number": np.full(n, np.nan),
    }
    given = {
        "reference_amount": payments.amount,
        "amount": payments.amount,
        "probability": payments.probability_micro / MICRO,
    }

    def column(name: str) -> NDArray[Any]:
        found = payments.features.get(name)
        return found if found is not None else given.get(name, blank[PAYMENT_COLUMNS.get(name, "text")])

    not_listed = np.zeros(n, np.bool_)
    return ruleset.run(
        RuleRows(
            n,
            payments.times,
            np.arange(n, dtype=np.uint64),
            np.full(n, "", object),
            column,
            lambda *_: not_listed,
        )
    )


def interval(difference: Cents, day: NDArray[np.int64]) -> tuple[float, float]:
    """95 % of the sums that days drawn with replacement give, in cents."""
    _, of_day = np.unique(day, return_inverse=True)
    sums = np.bincount(of_day, difference)
    draw = np.random.default_rng(SEED)
    resampled = sums[draw.integers(0, len(sums), (RESAMPLES, len(sums)))].sum(axis=1)
    low, high = np.percentile(resampled, [2.5, 97.5])
    return float(low), float(high)


def figures(outcomes: Mapping[str, tuple[Codes, Cents]], later: ComparisonPayments) -> list[dict[str, Any]]:
    """One row a strategy, in EUR a 1,000 payments; `policy_better_by` is the policy by cost less the
    strategy."""
    ours, unit = outcomes["policy by cost"][1], len(later.fraud) / 1_000 * 100
    table = []
    for name, (codes, cents) in outcomes.items():
        low, high = interval(ours - cents, later.day)
        share = np.bincount(codes, minlength=4) / len(codes)
        caught = float(((codes > 0) & later.fraud).sum() / max(1, later.fraud.sum()))
        row = {
            "strategy": name,
            "utility": cents.sum() / unit,
            "policy_better_by": (ours - cents).sum() / unit,
            "low": low / unit,
            "high": high / unit,
            "frauds_not_approved": caught,
        }
        table.append(row | {verdict.value: float(share[at]) for at, verdict in enumerate(VERDICTS)})
    return table


def rendered(table: list[dict[str, Any]]) -> str:
    """The table for people."""
    head = f"{'strategy':<26}{'EUR/1,000':>11}{'policy better by':>18}{'95 % interval':>26}"
    head += f"{'frauds stopped':>16}"
    lines = [head + "".join(f"{verdict.value:>11}" for verdict in VERDICTS)]
    for row in table:
        spread = f"{row['low']:+,.2f} .. {row['high']:+,.2f}"
        line = f"{row['strategy']:<26}{row['utility']:>11,.2f}{row['policy_better_by']:>+18,.2f}{spread:>26}"
        line += f"{row['frauds_not_approved']:>16.1%}"
        lines.append(line + "".join(f"{row[verdict.value]:>11.2%}" for verdict in VERDICTS))
    return "\n".join(lines)


def _rows(
    payments: ComparisonPayments, micro: NDArray[np.int64], score: NDArray[np.int64], ruled: RuleResult | None
) -> PolicyRows:
    n = len(payments.fraud)
    no = np.zeros(n, np.bool_)
    return PolicyRows(
        probability_micro=micro, score=score, amount=payments.amount, challengeable=~no, degraded=no,
        authenticated=no, liability_shift=no, merchant_initiated=no, phase=np.zeros(n, np.uint8),
        forced_challenge=no, keys=np.zeros(n, np.uint64), times=payments.times,
        merchants=np.full(n, "", object), rules=ruled,
    )  # fmt: skip


def _thresholds(challenge: int, review: int, decline: int) -> dict[str, Any]:
    steps = {"challenge_from": challenge, "review_from": review, "decline_from": decline}
    return {"name": "thresholds", "probability": steps}


def _parameters(policy: Policy) -> CostParameters:
    assert isinstance(policy.document, UtilityDocument)
    return policy.document.costs_of(policy.document.party)


def _compiled(path: Path) -> CompiledRuleset:
    schema = {**PAYMENT_COLUMNS, **dict.fromkeys(CATALOGUE.names, "number")}
    return Ruleset.from_dict(yaml.safe_load(path.read_text(encoding="utf-8"))).compile(schema)


@click.command()
@click.option("--set", "name", type=click.Choice(sorted(SETS)), required=True, help="Published set.")
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Folder of the sets.")
@click.option("--vectors", type=click.Path(path_type=Path), help="Vectors to use, or to write and keep.")
@click.option("--ruleset", type=click.Path(exists=True, path_type=Path), default=RULES, help="Rules alone.")
@click.option("--party", type=click.Choice([p.value for p in Party]), default="merchant", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The table as one JSON document instead.")
def main(name: str, data: Path, vectors: Path | None, ruleset: Path, party: str, *, as_json: bool) -> None:
    """Compare policies on the later weeks of a published set."""
    started = time.perf_counter()
    compiled = _compiled(ruleset)
    policy = Policy.from_dict({"name": "by cost", "version": 2, "party": party})
    wanted = sorted(compiled.columns_used & set(CATALOGUE.names) - {AMOUNT})
    payments = data / name / "payments.parquet"
    with tempfile.TemporaryDirectory() as folder:
        file = vectors or Path(folder) / "vectors.parquet"
        compute_vectors(payments, name, file)
        calibrate, later, done = weeks(payments, name, file, wanted)
    table = figures(compare(calibrate, later, compiled, policy), later)
    if as_json:
        click.echo(json.dumps({"set": name, "party": party, "done": done, "table": table}))
        return
    click.echo(f"{name}: {done}")
    days = len(np.unique(later.day))
    click.echo(
        f"compared on {len(later.fraud):,} payments of the last {days} days, {later.fraud.mean():.2%} fraud"
    )
    click.echo(f"costs of the {party}: {_parameters(policy)}")
    click.echo(rendered(table))
    click.echo(f"{time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
