"""The story of one payment, as the warehouse tells it: what was asked, decided and why, and what became of
it.

What this reads first is what the page opens with: five questions, each answered by a sorting key. Habit,
linked payments and timelines are read by parts of the page that come after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from dashboards.console.pages.payment.words import model_reason
from dashboards.console.warehouse import WarehouseReader

Row = Mapping[str, Any]
Scope = frozenset[str] | None
TOKENS: Final = {
    "card": "card", "customer": "customer", "device": "device", "ip": "ip_network", "email": "email",
    "delivery_address": "delivery_address",
}  # fmt: skip
"""What a token is of, as the timeline names it -> its column in a decision."""


@dataclass(frozen=True)
class Reason:
    """Why a payment was not simply approved: a rule that hit, or what the model saw."""

    code: str
    text: str
    is_rule: bool
    is_deciding: bool = False
    condition: str = ""
    level: str = ""


@dataclass(frozen=True)
class PaymentStory:
    """One payment within one merchant account. `decisions` are in the order of time; the last one stands."""

    decisions: Sequence[Row]
    message: Row = field(default_factory=dict)
    reasons: Sequence[Reason] = ()
    shadow: Sequence[Reason] = ()
    labels: Sequence[Row] = ()
    disputes: Sequence[Row] = ()
    reviews: Sequence[Row] = ()
    events: Sequence[Row] = ()

    @property
    def decision(self) -> Row:
        """The decision that stands."""
        return self.decisions[-1]

    @property
    def label(self) -> str:
        """The label that stands; empty while there is none."""
        return str(self.labels[-1]["stands_after"]) if self.labels else ""

    @property
    def tokens(self) -> dict[str, str]:
        """What the payment is known by, by entity; those that it came without are left out."""
        return tokens_of(self.decision)


def tokens_of(decision: Row) -> dict[str, str]:
    """The tokens of a decision's payment, by entity."""
    return {entity: str(decision[column]) for entity, column in TOKENS.items() if decision[column]}


class StoryReader:
    """Reads payments of one engine, as one person may see them."""

    def __init__(self, warehouse: WarehouseReader, engine: str, scope: Scope) -> None:
        self._warehouse, self.engine, self.scope = warehouse, engine, scope

    def decisions(self, payment_id: str, account: str = "") -> list[Row]:
        """All decisions of a payment; of every account that has one of this id, where none is named."""
        return self._rows("decisions", payment_id=payment_id, account=account)

    def story(self, decisions: Sequence[Row]) -> PaymentStory:
        """The whole story of the payment that these decisions are of."""
        last = decisions[-1]
        of = {"payment_id": last["payment_id"], "account": last["merchant_account"]}
        message = self._rows(
            "message", **of, received_at=ms(last["received_at"]), attempt=last["attempt"], phase=last["phase"]
        )
        rules = self._rules(last)
        return PaymentStory(
            decisions,
            message[0] if message else {},
            reasons_of(last, rules),
            [_rule_reason(code, rules) for code in last["shadow_hits"]],
            self._rows("labels", **of),
            self._rows("disputes", **of),
            self._rows("reviews", **of),
            self.timeline("payment", str(last["payment_id"]), str(last["merchant_account"])),
        )

    def timeline(self, entity: str, token: str, account: str, rows: int = 200) -> list[Row]:
        """What happened to a token, newest first."""
        return self._rows("timeline", token=token, entity=entity, account=account, rows=rows)

    def habit(self, decision: Row) -> tuple[str, Row | None, dict[str, int]]:
        """By whom the habit is (customer, else card), the habit, and how often each other token was seen."""
        tokens = tokens_of(decision)
        entity = "customer" if "customer" in tokens else "card"
        if entity not in tokens:
            return entity, None, {}
        whose = {**_moment(decision), "token": tokens.pop(entity), "entity": entity}
        habit = self._rows("habit", **whose, currency=decision["currency"], merchant=decision["merchant_id"])
        seen = self._rows("seen_before", **whose, tokens=list(tokens.values()), entities=list(tokens))
        return entity, habit[0] if habit else None, {str(row["kind"]): row["payments"] for row in seen}

    def linked(self, decision: Row, rows: int) -> tuple[list[Row], dict[tuple[str, str], str]]:
        """Other payments that share a token, and the labels that stand on them."""
        tokens = tokens_of(decision)
        found = self._rows("linked", **self.linked_parameters(decision, rows)) if tokens else []
        ids = sorted({str(row["payment_id"]) for row in found})
        labels = self._rows("standing_labels", payment_ids=ids) if ids else []
        return found, {
            (str(row["merchant_account"]), str(row["payment_id"])): str(row["stands"]) for row in labels
        }

    def cards(self, payments: Sequence[Row], time_column: str) -> dict[tuple[str, str], str]:
        """By account and id the card of each payment; `time_column` has the time of its decision."""
        if not payments:
            return {}
        ids = sorted({str(row["payment_id"]) for row in payments})
        rows = self._rows("cards", times=sorted({ms(row[time_column]) for row in payments}), payment_ids=ids)
        return {(str(row["merchant_account"]), str(row["payment_id"])): str(row["card"]) for row in rows}

    def linked_parameters(self, decision: Row, rows: int) -> dict[str, Any]:
        """Of the query `payment/linked`."""
        tokens = tokens_of(decision)
        return {
            **_moment(decision),
            "tokens": list(tokens.values()),
            "entities": list(tokens),
            "rows": rows,
        }

    def _rules(self, decision: Row) -> dict[str, Row]:
        """The rules that hit, by id, as they were written then; the narrowest level last."""
        ids = [*decision["hits"], *decision["shadow_hits"]]
        if decision["deciding_rule"]:
            ids.append(decision["deciding_rule"])
        if not ids or not decision["ruleset"]:
            return {}
        rows = self._rows("rules", ruleset=decision["ruleset"], ids=sorted(set(ids)))
        return {str(row["id"]): row for row in sorted(rows, key=_breadth)}

    def _rows(self, name: str, **parameters: Any) -> list[Row]:
        asked = {"engine": self.engine, **parameters}
        return list(self._warehouse.rows(f"payment/{name}", asked, self.scope))


def reasons_of(decision: Row, rules: Mapping[str, Row]) -> list[Reason]:
    """The rule that decided first, then rules that hit, then what the model saw."""
    deciding = str(decision["deciding_rule"])
    codes = dict.fromkeys([*([deciding] if deciding else ()), *decision["hits"], *decision["reasons"]])
    reasons = [
        Reason(code, text, is_rule=False)
        if (text := model_reason(code)) and code not in decision["hits"]
        else _rule_reason(code, rules, is_deciding=code == deciding, level=str(decision["level"]))
        for code in codes
    ]
    return sorted(reasons, key=lambda reason: not reason.is_rule)


def ms(moment: datetime) -> int:
    """A time of the warehouse, which is in UTC, in milliseconds since 1970."""
    known = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return round(known.timestamp() * 1000)


def _moment(decision: Row) -> dict[str, Any]:
    return {
        "payment_id": decision["payment_id"],
        "account": decision["merchant_account"],
        "at": ms(decision["engine_time"]),
    }


def _rule_reason(
    code: str, rules: Mapping[str, Row], *, is_deciding: bool = False, level: str = ""
) -> Reason:
    rule = rules.get(code, {})
    text = str(rule.get("description") or "a rule whose text is no longer known")
    return Reason(code, text, True, is_deciding, str(rule.get("condition", "")), level if is_deciding else "")


def _breadth(rule: Row) -> int:
    return int(rule["of_group"] != "") + 2 * int(rule["of_merchant"] != "")
