"""A backtest's figures as text for people; amounts in EUR."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from textwrap import indent
from typing import Any, Final

from streams.text_table import text_table

Line = Mapping[str, Any]

RULE_COLUMNS: Final = (
    "rule", "does", "hits", "disputed", "refunded", "stopped", "succeeded", "unique", "known",
    "unknown", "precision", "recall", "caught EUR", "mistaken EUR", "insult", "FP/fraud",
    "fraud bp", "bp value",
)  # fmt: skip
VERDICT_COLUMNS: Final = (
    "verdict", "payments", "frauds", "legitimate", "unknown", "precision", "recall", "caught EUR",
    "mistaken EUR", "insult", "FP/fraud", "fraud bp", "bp value",
)  # fmt: skip
DAY_COLUMNS: Final = (
    "day", "payments", "frauds", "unknown", "declined", "reviewed", "caught", "mistakes", "caught EUR",
    "mistaken EUR", "passing bp", "bp value",
)  # fmt: skip
DAYS_SHOWN: Final = 400


def text(document: Line, by_day: bool = False) -> str:
    """The whole report."""
    parts = [_head(document), _verdicts("new", document["verdicts"])]
    base = document.get("base")
    if base is not None:
        parts += [_verdicts(f"baseline ({base['is']})", base["verdicts"]), _changes(document, base)]
    parts += [_rules(document), _released(document["released"])]
    if by_day:
        parts.append(_days(document["days"]))
    parts.append("Not seen by this backtest:\n" + "\n".join(f"  - {line}" for line in document["left_out"]))
    return "\n\n".join(part for part in parts if part)


def _head(document: Line) -> str:
    c = document["coverage"]
    day = datetime.fromtimestamp(document["as_of"] / 1000, UTC).date()
    rate, horizon = document["rows_per_second"], f"{document['maturity_days']:.3g} days"
    lines = [
        f"{c['payments']:,} payments, {money(c['value'])} EUR, in {document['seconds']:.1f} s "
        f"({figure(rate)} rows/s)",
        f"As known on {day}: {c['labelled']:,} labelled; {c['presumed']:,} without a label count as "
        f"legitimate, being older than {horizon}",
        f"Unknown: {c['young_unlabelled']:,} too young to say (of {c['young']:,} younger than "
        f"{horizon}), {c['stopped_unlabelled']:,} stopped then: nothing unpaid can "
        "be disputed",
    ]
    if c["no_vector"] or c["other_catalogue"]:
        lines.append(
            f"Left out: {c['no_vector']:,} payments without an archived vector, {c['other_catalogue']:,} "
            "with vectors of a catalogue that lacks a feature"
        )
    if c["later_phases"]:
        lines.append(f"{c['later_phases']:,} rows are decisions of later phases; each counts by itself")
    if c["unrated"]:
        lines.append(f"{c['unrated']:,} payments had no exchange rate: they are worth 0 here")
    return "\n".join(lines)


def _verdicts(title: str, verdicts: Mapping[str, Line]) -> str:
    rows = [
        (
            name, line["payments"], line["fraud"], line["legitimate"], line["unknown"],
            *(_quality(line) if name != "approved" else (*[""] * 6, *_quality(line)[6:])),
        )
        for name, line in verdicts.items()
    ]  # fmt: skip
    return f"By verdict, {title}\n" + table(VERDICT_COLUMNS, rows)


def _rules(document: Line) -> str:
    rows = [
        (
            _name(line), line["does"], line["payments"], line["disputed"], line["refunded"], line["stopped"],
            line["succeeded"], line["unique"], line["fraud"] + line["legitimate"], line["unknown"],
            *_quality(line),
        )
        for line in document["rules"]
    ]  # fmt: skip
    erred = [f"{_name(line)}: {line['errors']:,} errors" for line in document["rules"] if line["errors"]]
    return "By rule\n" + table(RULE_COLUMNS, rows) + ("\n" + "; ".join(erred) if erred else "")


def _name(line: Line) -> str:
    level = "" if line["level"] == "global" else f" @ {line['level']}"
    return f"{line['id']}{level}" + ("" if line["mode"] == "live" else f" ({line['mode']})")


def _quality(line: Line) -> tuple[Any, ...]:
    return (
        share(line["precision"]), share(line["recall"]), money(line["value_caught"]),
        money(line["value_blocked_by_mistake"]), share(line["insult_rate"]),
        decimals(line["false_positives_per_fraud"]), decimals(line["fraud_bp_by_count"]),
        decimals(line["fraud_bp_by_value"]),
    )  # fmt: skip


def _changes(document: Line, base: Line) -> str:
    rows = [
        (f"{move['from']} -> {move['to']}", move["payments"], move["fraud"], move["legitimate"],
         move["unknown"] + move["friendly"], money(move["value"]))
        for move in base["moves"]
    ]  # fmt: skip
    columns = ("change", "payments", "frauds", "legitimate", "other", "EUR")
    changed = "Change against the baseline\n" + (table(columns, rows) if rows else "  no verdict changes")
    return changed + _rule_changes(document["rules"], base["rules"])


def _rule_changes(new: Sequence[Line], base: Sequence[Line]) -> str:
    if not base:
        return ""
    before = {_key(line): line for line in base}
    after = {_key(line): line for line in new}
    rows = []
    for key in dict.fromkeys([*after, *before]):
        then, now = before.get(key), after.get(key)
        counts = tuple((now or _NOTHING)[name] - (then or _NOTHING)[name] for name in _NOTHING)
        if then is None or now is None or any(counts):
            what = "new" if then is None else "gone" if now is None else "changed"
            rows.append((" @ ".join(key), what, *(f"{count:+,}" for count in counts[:3]), money(counts[3])))
    if not rows:
        return "\n  no rule hits other payments"
    return "\n" + table(("rule", "", "hits", "frauds", "legitimate", "caught EUR"), rows)


_NOTHING: Final = {"payments": 0, "fraud": 0, "legitimate": 0, "value_caught": 0}


def _key(line: Line) -> tuple[str, ...]:
    return (line["id"],) if line["level"] == "global" else (line["id"], line["level"])


def _released(released: Line) -> str:
    if not released["payments"]:
        return ""
    lines = [
        f"Held back then, approved now: {_payments(released['payments'])}, {money(released['value'])} EUR; "
        f"known of them: {released['fraud']:,} frauds, {released['legitimate']:,} legitimate; "
        f"{released['unknown']:,} are unknown"
    ]
    estimate = released["estimate"]
    if estimate is None:
        lines.append("No random-approve sample covers them: what they would have cost is not known")
    else:
        lines.append(
            f"By the {estimate['sample']:,} the random draw let through ({estimate['sample_unknown']:,} of "
            f"them not yet known): about {estimate['frauds']:,.0f} frauds "
            f"(standard error {estimate['frauds_standard_error']:,.0f}) in {estimate['payments']:,.0f} "
            f"such payments, {money(round(estimate['fraud_value']))} EUR"
        )
    return "\n".join(lines)


def _payments(count: int) -> str:
    return f"{count:,} payment{'' if count == 1 else 's'}"


def _days(days: Sequence[Line]) -> str:
    rows = [
        _day(line["day"] if who == "new" else f"{line['day']} base", line[who])
        for line in days[-DAYS_SHOWN:]
        for who in ("base", "new")
        if who in line
    ]
    shown = "" if len(days) <= DAYS_SHOWN else f" (the last {DAYS_SHOWN} of {len(days)})"
    return f"By day{shown}; caught and mistakes: declined or reviewed\n" + table(DAY_COLUMNS, rows)


def _day(name: str, d: Line) -> tuple[Any, ...]:
    return (
        name, d["payments"], d["frauds"], d["unknown"], d["declined"], d["reviewed"], d["frauds_caught"],
        d["mistakes"], money(d["value_caught"]), money(d["value_blocked_by_mistake"]),
        decimals(d["fraud_bp_by_count"]), decimals(d["fraud_bp_by_value"]),
    )  # fmt: skip


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """An indented table; numbers to the right."""
    cells = [columns, *([figure(value) for value in row] for row in rows)]
    return indent(text_table(cells, align_right=True), "  ")


def figure(value: Any) -> str:
    """A whole number with separators; what is not known is `-`."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else str(value)


def money(cents: int) -> str:
    """EUR without cents are hard to add up: both decimals are shown.

    >>> money(-123456)
    '-1,234.56'
    """
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def share(value: float | None) -> str:
    """Percent.

    >>> share(0.125), share(None)
    ('12.50 %', '-')
    """
    return "-" if value is None else f"{100 * value:.2f} %"


def decimals(value: float | None) -> str:
    """Two decimals."""
    return "-" if value is None else f"{value:,.2f}"
