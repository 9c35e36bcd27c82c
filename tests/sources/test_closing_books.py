"""The books close only when every count agrees: whatever is lost or doubled anywhere turns them red."""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import click
import pytest

from streams.commands.traffic import demo
from streams.commands.traffic.replay import closing_table
from streams.sources.simulated.simulate import SimulateResult
from streams.sources.traffic.demonstration import DemoResult
from streams.sources.traffic.output_reader import AnswerCounts, percentile
from streams.sources.traffic.replay import ReplayResult
from streams.sources.traffic.warehouse_counts import WarehouseCounts

REPLAYED = ReplayResult(
    "replay-x", payments=12, labels=5, decisions=9, duplicates=2, dead_letters=1, refusals=1,
    clickhouse_decisions=9, clickhouse_duplicates=2, clickhouse_dead_letters=1, clickhouse_refusals=1,
    verdicts={"approve": 9}, seconds=2.0,
)  # fmt: skip
SENT = SimulateResult(1, 0, payments=9, duplicates=2, malformed=1, messages=12, refusals=1)
ANSWERS = AnswerCounts(9, 2, 1, 1, verdicts=Counter(approve=9), latency_ms=Counter({3: 9}))
DEMONSTRATED = DemoResult(SENT, ANSWERS, WarehouseCounts(9, 2, 1, 1), 1.5)


def test_a_replay_closes_when_all_is_decided_and_sunk() -> None:
    assert REPLAYED.equal
    assert "the books close" in closing_table(REPLAYED)


@pytest.mark.parametrize(
    "change",
    [
        {"decisions": 8, "clickhouse_decisions": 8},
        {"dead_letters": 2, "clickhouse_dead_letters": 2},
        {"duplicates": 1, "clickhouse_duplicates": 1},
        {"clickhouse_decisions": 10},
        {"clickhouse_duplicates": 3},
        {"clickhouse_dead_letters": 0},
        {"clickhouse_refusals": 0},
        {"gaps": 1},
        {"payments": 13},
    ],
    ids=str,
)
def test_a_replay_with_one_wrong_count_does_not_close(change: dict[str, Any]) -> None:
    wrong = replace(REPLAYED, **change)
    assert not wrong.equal
    assert wrong.document()["equal"] is False
    assert "DO NOT CLOSE" in closing_table(wrong)


def test_a_demonstration_is_equal_when_all_counts_agree() -> None:
    document = DEMONSTRATED.document()
    assert document["equal"] is True
    assert (document["payments"], document["decisions"], document["clickhouse_decisions"]) == (9, 9, 9)
    assert document["latency_ms"] == {"p50": 3.0, "p99": 3.0, "p99.9": 3.0}
    assert "every count agrees" in demo.closing_table(DEMONSTRATED)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(DEMONSTRATED, sent=replace(SENT, payments=10)),
        replace(DEMONSTRATED, sent=replace(SENT, malformed=2)),
        replace(DEMONSTRATED, answers=replace(ANSWERS, decisions=8)),
        replace(DEMONSTRATED, answers=replace(ANSWERS, gaps=1)),
        replace(DEMONSTRATED, answers=replace(ANSWERS, refusals=0)),
        replace(DEMONSTRATED, warehouse=WarehouseCounts(10, 2, 1, 1)),
        replace(DEMONSTRATED, warehouse=WarehouseCounts(9, 2, 0, 0)),
    ],
    ids=["lost", "malformed", "undecided", "gap", "unanswered", "doubled", "unsunk"],
)
def test_a_demonstration_with_one_wrong_count_is_not_equal(wrong: DemoResult) -> None:
    assert not wrong.equal
    assert "THE COUNTS DIFFER" in demo.closing_table(wrong)


def test_percentiles_of_counted_values() -> None:
    counts = Counter({1: 50, 2: 49, 100: 1})
    assert [percentile(counts, share) for share in (0.5, 0.99, 0.999)] == [1.0, 2.0, 100.0]
    assert percentile(Counter(), 0.5) is None


def test_with_json_nothing_else_is_on_stdout(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    up = click.Command("up", callback=lambda **_: click.echo("everything is up"))
    monkeypatch.setattr("streams.cli.load", lambda _: up)
    monkeypatch.setattr(demo, "_demonstrate", lambda *_: DEMONSTRATED)
    demo.command.main(["--json"], standalone_mode=False)
    out, err = capsys.readouterr()
    assert json.loads(out)["equal"] is True
    assert "everything is up" in err
    assert "every count agrees" in err
