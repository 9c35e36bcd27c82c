"""Simulated payments through the running platform, and whether every one was answered exactly once."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from simulation.stories import Story
from streams.kafka import Topics, end_offsets, ensure_topics
from streams.sources.simulated import (
    SimulateOptions,
    SimulateResult,
    send_reports,
    send_stories,
    simulate,
    told_stories,
)
from streams.sources.traffic.output_reader import AnswerCounts, OutputReader, percentile
from streams.sources.traffic.warehouse_counts import RowCounter, WarehouseCounts, counts_of

JOURNAL_BACK: Final = 1_000
SHARES: Final = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


@dataclass
class DemoResult:
    """The closing figures of a demonstration."""

    sent: SimulateResult
    answers: AnswerCounts = field(default_factory=AnswerCounts)
    warehouse: WarehouseCounts = field(default_factory=lambda: WarehouseCounts(0, 0, 0, 0))
    seconds: float = 0.0
    story_payments: int = 0
    """Of the payments, those of stories."""

    @property
    def equal(self) -> bool:
        """Whether every count agrees: sent, answered on the log, and in ClickHouse."""
        sent, answers = self.sent, self.answers
        answered = counts_of(answers)
        wanted = WarehouseCounts(sent.payments, sent.duplicates, sent.dead_letters, sent.refusals)
        return wanted == answered == self.warehouse and answers.gaps == 0

    def document(self) -> dict[str, Any]:
        """The figures as plain data."""
        answers = self.answers
        return {
            "payments": self.sent.payments,
            "payments_of_stories": self.story_payments,
            "decisions": answers.decisions,
            "duplicates": answers.duplicates,
            "dead_letters": answers.dead_letters,
            "refusals": answers.refusals,
            "refusals_expected": self.sent.refusals,
            "clickhouse_decisions": self.warehouse.decisions,
            "clickhouse_duplicates": self.warehouse.duplicates,
            "clickhouse_dead_letters": self.warehouse.dead_letters,
            "clickhouse_refusals": self.warehouse.refusals,
            "duplicates_sent": self.sent.duplicates,
            "malformed_sent": self.sent.malformed,
            "conflicts_sent": self.sent.conflicts,
            "verdicts": dict(sorted(answers.verdicts.items())),
            "dead_letter_reasons": dict(sorted(answers.reasons.items())),
            "latency_ms": {name: percentile(answers.latency_ms, share) for name, share in SHARES.items()},
            "seconds": round(self.seconds, 3),
            "equal": self.equal,
        }


Progress = Callable[[SimulateResult, AnswerCounts], None]


def demonstrate(
    bootstrap: str, clickhouse: str, engine: str, options: SimulateOptions, progress: Progress,
    alive: Callable[[], None] = lambda: None,
) -> DemoResult:  # fmt: skip
    """Send three stories of fraud and traffic to a running engine and close the books on them; nothing else
    may send to it meanwhile. What owners report of the stories follows once all is decided.

    `options.seed` must not have been sent to this engine before: its payments would be duplicates or
    conflicts.
    """
    started = time.perf_counter()
    ensure_topics(bootstrap, engine)
    start = _quiet_place(bootstrap, engine, alive)
    warehouse = RowCounter(clickhouse, engine, start)
    outputs = OutputReader(bootstrap, engine, start)
    stories = told_stories(tuple(Story), options.seed, int(time.time() * 1000))
    send_stories(bootstrap, engine, stories)
    sent = simulate(bootstrap, engine, options, lambda so_far: progress(so_far, outputs.poll()))
    sent.payments += len(stories)
    sent.messages += len(stories)
    topic = Topics(engine)["payments"]
    answers = outputs.wait_until_decided(
        end_offsets(bootstrap, [topic]), alive, lambda so_far: progress(sent, so_far)
    )
    outputs.close()
    sent.labels += send_reports(bootstrap, engine, stories, int(time.time() * 1000))
    held = warehouse.wait_for(counts_of(answers))
    return DemoResult(sent, answers, held, time.perf_counter() - started, len(stories))


def _quiet_place(bootstrap: str, engine: str, alive: Callable[[], None]) -> dict[str, int]:
    """The offsets at which the outputs end once all earlier payments are answered: ours come after them.

    A new engine is waited for until its controls are in effect: loading the model is no payment's latency.
    """
    topics = Topics(engine)
    outputs = [topics["decisions"], topics["dead-letters"], topics["journal"]]
    ends = end_offsets(bootstrap, [*outputs, topics["payments"], topics["controls"]])
    awaited = {topics["payments"]: ends[topics["payments"]]}
    if ends[topics["journal"]] < JOURNAL_BACK:
        # Controls are published in transactions: the last offset before the end is a marker.
        awaited[topics["controls"]] = ends[topics["controls"]] - 1
    start = {topic: ends[topic] for topic in outputs}
    start[topics["journal"]] = max(ends[topics["journal"]] - JOURNAL_BACK, 0)
    earlier = OutputReader(bootstrap, engine, start)
    earlier.wait_until_decided(awaited, alive, lambda _: None)
    earlier.close()
    return end_offsets(bootstrap, outputs)
