"""Every metric of the house: name, type, what it says, labels with their bounds. `docs/metrics.md` is
generated from it; alerts and dashboards may name nothing else.

Invariants
- Names follow Prometheus: prefix `tollgate_`, base units (seconds, bytes), counters end in `_total`.
- No label can hold a token, an id of a payment or a merchant, an address or anything secret: labels are
  closed sets of words of ours, and names that an operator has given to engines, lists and processes.
- A process serves at most `SERIES_MAX` series of ours for one engine, whatever it reads.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from models.labels import UnusableReason
from models.lists import PutRefusal
from models.messages import Change, DeadLetterReason, LabelValue, Verdict
from models.policy import DecidedBy
from models.rollout import EDGES
from models.units import DAY_MS, MICRO
from streams.metrics.labels import MetricLabel

MetricKind = Literal["counter", "gauge", "histogram"]
SERIES_MAX: Final = 500
ENGINES_MAX: Final = 64
"""As many as a process of sinks serves."""

LATENCY_S: Final = (
    0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 1.0, 2.5,
    5.0, 10.0, 30.0, 60.0, 300.0, 3_600.0,
)  # fmt: skip
STAGE_S: Final = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 60.0)
RECORDS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0)
DELAY_S: Final = (
    0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0
)  # fmt: skip
STATEMENT_S: Final = (0.003, 0.01, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0, 30.0, 60.0)
LABEL_AGE_DAYS: Final = (0.04, 0.25, 1, 3, 7, 14, 30, 45, 60, 90, 120, 180, 365)
LABEL_AGE_S: Final = tuple(days * DAY_MS / 1_000 for days in LABEL_AGE_DAYS)
PROBABILITIES: Final = tuple((edge - 1) / MICRO for edge in EDGES)
"""The bins of `models.rollout.score_stability`: a probability at an edge is in the bin above it."""

ENGINE: Final = MetricLabel("engine", most=ENGINES_MAX)
VERDICT: Final = MetricLabel("verdict", tuple(verdict.value for verdict in Verdict))
DECIDED_BY: Final = MetricLabel("decided_by", tuple(each.name.lower() for each in DecidedBy))
REASON: Final = MetricLabel("reason", tuple(reason.value for reason in DeadLetterReason))
MISSING: Final = MetricLabel("missing", ("model", "ruleset", "policy", "fx", "rule_error", "warming"))
STAGE: Final = MetricLabel("stage", ("wait", "apply", "encode", "commit"))
INPUT: Final = MetricLabel("input", ("artefacts", "controls", "labels", "outcomes", "payments", "history"))
KIND: Final = MetricLabel("kind", tuple(str(change.__struct_config__.tag) for change in get_args(Change)))
RESULT: Final = MetricLabel("result", ("accepted", "refused"))
LABEL: Final = MetricLabel("label", tuple(value.value for value in LabelValue))
STATE_PART: Final = MetricLabel("part", ("features", "features_held", "admission"))
PUT_REASON: Final = MetricLabel("reason", tuple(reason.value for reason in PutRefusal))
SINK: Final = MetricLabel("sink", ("clickhouse", "parquet"))
USER: Final = MetricLabel("user", ("tollgate_analyst", "tollgate_sink", "nobody"))
ANSWER: Final = MetricLabel("answer", ("ok", "refused", "failed"))
AGENT: Final = MetricLabel("agent", ("labels", "lists"))
OUTCOME: Final = MetricLabel(
    "outcome", ("failed", "refused", "held", "never", "shadow", "canary", "champion")
)
PARKED_REASON: Final = MetricLabel("reason", tuple(reason.value for reason in UnusableReason))
CLASS: Final = MetricLabel("status", ("success", "redirect", "refused", "failed"))
PART: Final = MetricLabel("part", most=20)
"""Not `process`: that is what Prometheus calls the process that it asks."""


@dataclass(frozen=True)
class MetricFamily:
    """One metric."""

    name: str
    """Without the ending `_total` of counters, which the format adds."""
    kind: MetricKind
    meaning: str
    labels: tuple[MetricLabel, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds of a histogram's buckets."""

    @property
    def exposed(self) -> str:
        """The name that queries use; a histogram's is that of its buckets."""
        return self.name + {"counter": "_total", "histogram": "_bucket", "gauge": ""}[self.kind]

    @property
    def series_max(self) -> int:
        """Series there can be for one engine: a histogram has one a bucket, the last for all, count and sum.

        >>> FAMILIES["tollgate_decisions"].series_max
        5
        """
        each = len(self.buckets) + 3 if self.kind == "histogram" else 1
        for label in self.labels:
            each *= 1 if label is ENGINE else label.bound
        return each


def _counter(name: str, meaning: str, *labels: MetricLabel) -> MetricFamily:
    return MetricFamily(f"tollgate_{name}", "counter", meaning, (ENGINE, *labels))


def _gauge(name: str, meaning: str, *labels: MetricLabel) -> MetricFamily:
    return MetricFamily(f"tollgate_{name}", "gauge", meaning, (ENGINE, *labels))


def _histogram(name: str, buckets: tuple[float, ...], meaning: str, *labels: MetricLabel) -> MetricFamily:
    return MetricFamily(f"tollgate_{name}", "histogram", meaning, (ENGINE, *labels), buckets)


BY_PROCESS: Final[dict[str, tuple[MetricFamily, ...]]] = {
    "every process": (
        _gauge("ready", "1 while the process does its work; 0 while it starts or recovers"),
        MetricFamily("tollgate_metrics_faults", "counter", "figures that could not be taken; work went on"),
    ),
    "engine": (
        _counter("decisions", "new decisions, by verdict", VERDICT),
        _counter("decided_by", "new decisions, by what brought the verdict about", DECIDED_BY),
        _counter("degraded_decisions", "new decisions that did without something, by what", MISSING),
        _counter("duplicates", "payments sent again that got their decision again"),
        _counter("refusals", "payments answered with a refusal"),
        _counter("late_payments", "new decisions on payments made more than a day before they arrived"),
        _counter("dead_letters", "records that could not be used, by reason", REASON),
        _counter("controls", "controls read, by kind, accepted or refused", KIND, RESULT),
        _counter("list_puts_refused", "list entries of rules that the policy did not allow", PUT_REASON),
        _histogram(
            "decision_latency_seconds", LATENCY_S, "from a payment's append time to its committed decision"
        ),
        _histogram("batch_records", RECORDS, "records of a batch"),
        _histogram("stage_seconds", STAGE_S, "time of a batch: wait for it, apply, encode, commit", STAGE),
        _histogram("model_probability", PROBABILITIES, "probabilities of fraud, in the bins of the PSI"),
        _gauge(
            "model_score_psi",
            "stability index (PSI) of the newest 5,000 scores against those that the engine remembers of "
            "the same model; absent while there are too few",
        ),
        _gauge("challenger_on_trial", "1 while a challenger is on trial"),
        _counter("labels", "labels read, by what they say", LABEL),
        _histogram(
            "label_age_seconds", LABEL_AGE_S, "from a payment to when its label became known (of a sample)"
        ),
        _gauge(
            "newest_label_timestamp_seconds",
            "append time of the newest label; before the first since the start, when it started",
        ),
        _gauge("input_lag_records", "records that are not applied yet, by input", INPUT),
        _gauge("input_lag_seconds", "age of the oldest record that waits, by input; 0: none waits", INPUT),
        _gauge("journal_entry", "number of the last journal entry"),
        _gauge("journal_timestamp_seconds", "when the last journal entry was committed"),
        _gauge(
            "kafka_timestamp_seconds",
            "when the engine last heard from Kafka; stands still where it cannot reach it, or hangs",
        ),
        _gauge("engine_time_seconds", "engine time"),
        _gauge("state_bytes", "memory of the state: features in use and held, admission", STATE_PART),
        _gauge("state_entities", "logs of entities that the features hold"),
        _gauge("remembered_decisions", "decisions remembered for duplicates"),
        _gauge("remembered_decisions_max", "as many as can be (TOLLGATE_DEDUPLICATION_KEYS_MAX)"),
        _gauge("deduplication_horizon_seconds", "within which duplicates are recognised now"),
        _gauge("deduplication_horizon_set_seconds", "the same as it is set: less is in force when full"),
    ),
    "follower": (
        _gauge("follower_entry", "number of the last journal entry that was applied again"),
        _gauge("follower_timestamp_seconds", "when it last had applied all that was on the journal"),
        _gauge(
            "snapshot_timestamp_seconds",
            "when the newest snapshot was written; where there is none, when the follower started",
        ),
        _gauge("snapshot_write_seconds", "how long that took"),
    ),
    "sinks": (
        _counter("sink_rows", "rows written", SINK),
        _counter("sink_foreign_records", "records of others on the engine's topics, skipped", SINK),
        _counter("sink_unreadable_records", "records that Kafka's client cannot read, left out", SINK),
        _histogram("sink_delay_seconds", DELAY_S, "from a row's append time to when it is stored", SINK),
        _gauge("sink_paused", "1 while the store does not take what the sink has", SINK),
        _gauge("sink_failed", "1 where the sink has ended by a fault", SINK),
    ),
    "warehouse": (
        MetricFamily(
            "tollgate_warehouse_statements",
            "counter",
            "statements of the local warehouse: ok, refused (user, right or turn), failed",
            (USER, ANSWER),
        ),
        MetricFamily(
            "tollgate_warehouse_statement_seconds",
            "histogram",
            "from a statement's arrival to the first bytes of its answer",
            (USER,),
            STATEMENT_S,
        ),
    ),
    "agents": (
        _counter("agent_records", "requests and evidence handled", AGENT),
        _histogram("agent_batch_seconds", STAGE_S, "time of a batch, its transaction included", AGENT),
        _gauge("agent_timestamp_seconds", "append time of the newest record handled", AGENT),
        _counter("labels_sent", "labels that the agent sent, by what they say", LABEL),
        _counter("parked_evidence", "evidence that could not be used, by reason", PARKED_REASON),
        _counter("list_requests", "list requests answered, by result", RESULT),
    ),
    "retraining": (
        _counter("retraining_runs", "runs of retraining, by how they ended", OUTCOME),
        _gauge(
            "retraining_timestamp_seconds", "when the last run ended; before the first, when it began to wait"
        ),
    ),
    "desk": (
        _gauge("outbox_waiting_records", "messages of people's work that are due and not on Kafka yet"),
        _gauge("outbox_lag_seconds", "for how long the oldest of them has been due; 0: none is"),
        _gauge("waiting_reviews", "payments that wait for a person"),
        _gauge(
            "review_overdue_seconds",
            "for how long a payment has been past its deadline without a verdict or its default; 0: none is",
        ),
        _gauge("desk_timestamp_seconds", "when a turn last ended in which everything worked"),
    ),
    "console": (
        _counter("console_requests", "requests answered, by the class of the answer", CLASS),
        _histogram("console_request_seconds", STATEMENT_S, "from a request to the beginning of its answer"),
    ),
    "supervisor": (
        MetricFamily("tollgate_supervised_up", "gauge", "1 while a part of `tollgate up` works", (PART,)),
        MetricFamily("tollgate_supervised_restarts", "counter", "how often it was started again", (PART,)),
        MetricFamily("tollgate_home_free_bytes", "gauge", "free on the disk of the home"),
        MetricFamily("tollgate_home_disk_bytes", "gauge", "size of the disk of the home"),
    ),
}
"""Each process serves also what is said of every process."""

FAMILIES: Final = {family.name: family for families in BY_PROCESS.values() for family in families}
"""By name."""
