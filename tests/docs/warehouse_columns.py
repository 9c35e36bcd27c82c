"""The columns of the warehouse's tables and views as Markdown, for docs/warehouse.md; `make pages`
writes them.
"""

import json
import re
import tempfile
from collections import ChainMap
from collections.abc import Sequence
from pathlib import Path

from clickhouse_connect.driver.client import Client

from streams.warehouse.schema.migrate import Migration, load_views
from streams.warehouse.schema.structure import FILE, structure
from streams.warehouse.schema.templates import DIMENSIONS, TEMPLATES, template_of
from streams.warehouse.sink.aggregates import AGGREGATES
from streams.warehouse.sink.histograms import LATENCY_BOUNDS
from streams.warehouse.tables import TABLES as BASE_TABLES

PAGE = Path(__file__).parents[2] / "docs/warehouse.md"
BEGIN, END = "<!-- columns: begin -->\n", "<!-- columns: end -->\n"
TABLES = (*(table.name for table in BASE_TABLES), *(aggregate.name for aggregate in AGGREGATES))
BOUNDS = ", ".join(f"{bound:,}" for bound in LATENCY_BOUNDS)
QUANTILE = (
    "lower bound, in ms, of the bucket that {share} of the decisions reach: the quantile itself is at least "
    "that, and below the next bound"
)
DERIVED = {
    "hour": "start of the hour",
    "approved": "those with the verdict approve",
    "challenged": "those with the verdict challenge",
    "reviewed": "those with the verdict review",
    "declined": "those with the verdict decline",
    "approval_rate": "approved / decisions; null where there are none",
    "approved_reference_amount": "EUR cents of what was approved",
    "dead_letters": "refused messages",
    "refusals": "those that were answered with a refusal",
    "payload_start": "the first 1,000 bytes of the message as text",
    "cumulated": "latency histogram added up from its lowest bucket",
    "latency_histogram": f"latency in ms: lower bound of bucket -> decisions; the bounds are {BOUNDS}",
    "p50_bucket_ms": QUANTILE.format(share="half"),
    "p95_bucket_ms": QUANTILE.format(share="95 %"),
    "p99_bucket_ms": QUANTILE.format(share="99 %"),
    "champion_right": (
        "a fraud that the champion does not approve, or a legitimate payment that it does not decline"
    ),
    "challenger_right": "the same of the challenger",
    "who_was_right": (
        "both, champion, challenger or neither; open where the label is neither fraud nor legitimate"
    ),
    "without_probability": "decisions to which the challenger gave no probability",
    "mean_probability": "mean probability of fraud of the scored decisions; null where none was scored",
    "hit": "id of a rule that hit, whether or not it decided",
    "fraud": "payments under the label fraud",
    "fraud_reference_amount": "EUR cents of these",
    "fraud_missed": "of these, those whose verdict is approve",
    "fraud_missed_reference_amount": "EUR cents of these",
    "fraud_caught": "frauds with any other verdict",
    "fraud_caught_reference_amount": "EUR cents of these",
    "fraud_declined": "frauds with the verdict decline",
    "friendly": "payments under the label friendly: the cardholder took part",
    "legitimate": "payments under the label legitimate",
    "legitimate_declined": "of these, those whose verdict is decline: insults",
    "legitimate_declined_reference_amount": "EUR cents of these",
    "fraud_rate": "fraud / payments, those without a label among them; null where there are none",
    "fraud_rate_by_value": "the same by EUR cents",
    "fraud_rate_of_approved": "fraud_missed / approved; null where none was approved",
    "insult_rate": "legitimate_declined / legitimate; null where none is known; none by rule, hit, decider",
    "decline_precision": "share of fraud among declined payments whose truth is known; null where none is",
    "authorised": "payments that the issuer authorised",
    "authorisation_rate": "authorised / (authorised + declined); null where no answer is known",
    "authorised_reference_amount": "EUR cents that were authorised",
    "captured_reference_amount": "EUR cents that were captured",
    "refunded_reference_amount": "EUR cents that were paid back",
    "declined_insufficient_funds": "payments that the issuer declined for lack of funds",
    "declined_authentication_required": "payments that the issuer declined softly, asking to authenticate",
    "declined_suspected_fraud": "payments that the issuer declined as suspected fraud, lost or stolen",
    "authenticated": "challenged attempts with an outcome authenticated: the customer passed",
    "authentication_failed": (
        "challenged attempts with an outcome authentication_failed: the customer did not pass"
    ),
    "without_result": (
        "challenged - authenticated - authentication_failed: the customer gave up, or no outcome was sent; "
        "an attempt that failed and then passed is in both, and makes it too low"
    ),
    "declined_by_issuer": "challenged attempts that the issuer declined, with or without authentication",
    "captured": "payments that were captured",
    "refunded": "payments of which something was paid back",
    "authentication_rate": "authenticated / challenged; null where nothing was challenged",
    "success_rate": (
        "authorised / challenged: challenges that end in a sale; null where nothing was challenged"
    ),
    "first_known_at": "when the first label of the payment became known",
    "last_known_at": "when the newest did",
    "labels": "label messages on the payment",
    "labelled": "payments",
    "p50_days": "days from payment to label that half of them needed at most",
    "p90_days": "days that nine in ten needed at most",
    "most_days": "days that the slowest one needed",
    "meaning": "missed, challenged, caught (fraud), insult (declined in error), without decision or other",
    "opened_at": "when its first stage was reached",
    "reached_at": "when its newest stage was reached",
    "stages": "every stage it went through, in no order",
    "is_fraud_notice": "a fraud notice (TC40, Fraud and Loss Database) is among them",
    "is_chargeback": "a chargeback is among them",
    "is_overturned": "fraud that had been approved, or a legitimate payment that had been declined",
    "minutes_after_decision": "from the decision to the conclusion",
    "key": "id of the key",
    "holder": "whose it is",
    "first_trusted_at": "when a change of trust first named it",
    "signers": "who signed it, the author first: names, or ids of keys that were never trusted",
    "accepted": "no dead letter says that the engine refused it",
    "refusal": "reason of that dead letter; empty where it was taken",
    "refusal_detail": "the same in words",
    "live_from": "when it went live",
    "live_until": "when the next one did; null while it is live",
    "rules": "ids of its rules, in order",
    "list": "name of the list",
    "control": "id of the control",
    "since": "when it was put there last",
    "role": "champion or challenger",
    "scored_by": "version of the model",
    "decided": "the verdict of the decision is by this score",
    "batches": "batches of the engine",
    "last_batch": "number of the last one",
    "last_sequence": "number of the last decision",
}
"""Columns that a view computes; the others mean what they mean in their table."""
OF_THE_VIEW = {
    ("v_trials", "challenger_probability"): "mean probability by the challenger",
    ("v_trials", "champion_probability"): "mean probability by the champion",
    ("v_trial_outcomes", "payments"): "attempts",
    ("v_trial_outcomes", "reference_amount"): "EUR cents of these, as decided",
    ("v_dead_letter_reasons", "payload_bytes"): "bytes of the refused messages",
    ("v_fraud_by_{dimension}", "payments"): "attempts by the verdict that stands",
    ("v_fraud_by_{dimension}", "reference_amount"): "EUR cents of these attempts",
    ("v_fraud_by_{dimension}", "age_days"): "days since, as of today: how long labels have had time to come",
    ("v_authorisation_by_{dimension}", "declined"): "payments that the issuer declined",
    (
        "v_3ds_funnel_by_{dimension}",
        "challenged",
    ): (
        "decisions with the verdict challenge, whatever verdict came after 3-D Secure: the whole of "
        "this funnel"
    ),
    ("v_3ds_funnel_by_{dimension}", "authorised"): "challenged attempts that the issuer authorised",
    ("v_3ds_funnel_by_{dimension}", "captured"): "challenged attempts that were captured",
    ("v_fraud_maturity_by_{dimension}", "age_days"): "days after the payment",
    ("v_fraud_maturity_by_{dimension}", "payments"): "payments of the cohort, at any age the same",
    ("v_fraud_maturity_by_{dimension}", "fraud"): "those known to be fraud at that age",
    ("v_label_maturity", "age_days"): "days after the payment, at most 120",
    ("v_label_maturity", "fraud"): "frauds that the share was learned from, at any age the same",
    (
        "v_label_maturity",
        "share",
    ): "share of them known at that age; take the greatest age that is not above your own",
    ("v_time_to_label", "payments"): "labels that changed what stood",
    ("v_caught_and_missed", "payments"): "attempts",
    ("v_caught_and_missed", "reference_amount"): "EUR cents of these, as decided",
    ("v_scores", "probability"): "probability of fraud by this model; null where it gave none",
    ("v_scores", "verdict"): "the verdict that it leads to",
    ("v_outcomes", "challenged"): "a decision on this attempt before it asked for 3-D Secure",
    ("v_controls", "engine"): "name of the engine",
    ("v_controls", "reason"): "why, in words",
    ("v_list_history", "engine"): "name of the engine",
    ("v_list_history", "reason"): "why, in words",
    ("v_ruleset_history", "engine"): "name of the engine",
    ("v_ruleset_history", "author"): "who published it",
    ("v_list_entries", "engine"): "name of the engine",
    ("v_list_entries", "author"): "who put it there",
    ("v_list_entries", "reason"): "why, in words",
    ("v_list_entries", "value"): "the value",
}


def render(client: Client) -> str:
    """A section for each view and table, by what ClickHouse says of them: views first."""
    rows = client.query(
        "SELECT table, name, type, comment FROM system.columns WHERE database = currentDatabase()"
        " ORDER BY table, position"
    ).result_rows
    meanings = {table: _meanings(table, rows) for table in TABLES}
    templates = [_of_template(template, rows, meanings) for template in DIMENSIONS]
    views = [
        _of_own_text(view, rows, meanings)
        for view in load_views()
        if template_of(view.name.removesuffix(".sql")) is None
    ]
    tables = [_section(table, _comment(client, table), rows, meanings[table]) for table in TABLES]
    return "\n".join([*templates, *sorted(views), *tables])


def _of_own_text(
    view: Migration, rows: Sequence[tuple[str, ...]], meanings: dict[str, dict[str, str]]
) -> str:
    name = view.name.removesuffix(".sql")
    return _section(name, _header(view.statement), rows, _of_view(view.statement, meanings))


def _of_template(template: str, rows: Sequence[tuple[str, ...]], meanings: dict[str, dict[str, str]]) -> str:
    """One section for all views of a template: their columns are the same but for the dimension."""
    made = [view for view in load_views() if template_of(view.name.removesuffix(".sql")) == template]
    shown = next(view for view in made if "_by_merchant." in view.name)
    grain = "day" if "{grain}" in template else ""
    names = ", ".join(f"`{view.name.removesuffix('.sql')}`" for view in made)
    text = _header((TEMPLATES / f"{template}.sql").read_text()).replace("{grain}", "minute, hour or day")
    text = text.replace("{named}", "the dimension")
    head = f"### `{template.replace('{grain}', 'GRAIN').replace('{dimension}', 'DIMENSION')}`"
    body = _section(
        f"v_{grain}_by_merchant" if grain else shown.name.removesuffix(".sql"),
        f"{text}\n\nViews: {names}. Their columns, of `merchant`:",
        rows,
        _of_view(shown.statement, meanings),
        template,
    )
    return "\n".join([head, *body.split("\n")[1:]])


def _meanings(table: str, rows: Sequence[tuple[str, ...]]) -> dict[str, str]:
    return {name: comment for owner, name, _, comment in rows if owner == table}


def _of_view(text: str, meanings: dict[str, dict[str, str]]) -> dict[str, str]:
    """What the first table says that has a column; the tables that the view reads are asked first."""
    read = [table for table in TABLES if re.search(rf"(FROM|JOIN) {table}\b", text)]
    return dict(ChainMap(*(meanings[table] for table in (*read, *TABLES))))


def _comment(client: Client, table: str) -> str:
    found = client.query(
        f"SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = '{table}'"
    )
    return f"{found.result_rows[0][0]}."


def _header(text: str) -> str:
    """The view's own header: grain, reader, cost."""
    return "\n".join(line[3:] for line in text.splitlines() if line.startswith("-- "))


def _section(
    name: str, text: str, rows: Sequence[tuple[str, ...]], meaning: dict[str, str], template: str = ""
) -> str:
    lines = [f"### `{name}`", "", text, "", "| column | type | what it is |", "|---|---|---|"]
    for table, column, kind, comment in rows:
        if table == name:
            words = comment or OF_THE_VIEW.get((template or name, column)) or _of(column, name, meaning)
            lines.append(f"| `{column}` | `{kind}` | {_cell(words)} |")
    return "\n".join([*lines, ""])


def _of(column: str, view: str, meaning: dict[str, str]) -> str:
    if column in DERIVED:
        return DERIVED[column]
    if column not in meaning:
        raise LookupError(f"say in {Path(__file__).name} what {view}.{column} is")
    return meaning[column]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def replaced(text: str, columns: str) -> str:
    """The text of the page with these columns between its two marks."""
    head, _, rest = text.partition(BEGIN)
    return head + BEGIN + columns + END + rest.partition(END)[2]


def pages() -> dict[Path, str]:
    """The page and the expected structure: what an empty ClickHouse says after all migrations."""
    from streams.warehouse.database import Database
    from streams.warehouse.schema.migrate import migrate

    with tempfile.TemporaryDirectory() as folder:
        database = Database(Path(folder) / "warehouse")
        client = database.client()
        migrate(client)
        columns, expected = render(client), structure(client)
        client.close()
        database.close()
    text = json.dumps(expected, indent=1, ensure_ascii=False) + "\n"
    return {PAGE: replaced(PAGE.read_text(encoding="utf-8"), columns), FILE: text}
