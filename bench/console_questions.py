"""What the bench asks of each query of the console: the parameters of its route, for an engine that is busy.

Where a query can be asked in several ways that cost differently, each is here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from dashboards.console.pages.live.figures import finished_minute, parameters_of
from dashboards.console.pages.models.model_figures import EDGES
from dashboards.console.pages.models.routes import DRIFT_DAYS, SILENT_DAYS
from dashboards.console.pages.payment.story import StoryReader, ms, tokens_of
from dashboards.console.pages.payments.filters import filters_of
from dashboards.console.search.found import DAYS
from dashboards.console.warehouse import WarehouseReader

ENGINE: Final = "live"
ACCOUNT: Final = "acme"
"""The one account of the fill: a person who sees it alone makes the console count single decisions."""
SELECTIONS: Final = (
    "", "within=90d", "within=90d&verdict=decline", "within=90d&rule=rule-7", "within=90d&merchant=shop-7",
    "within=90d&bin=411007", "within=90d&country=FR&currency=EUR&amount_from=200", "within=90d&country=SE",
)  # fmt: skip
"""The last one is chosen by what no payment has: it reads on to the end of the range."""


@dataclass(frozen=True)
class Question:
    """One way to ask a query."""

    query: str
    parameters: Mapping[str, Any]
    how: str = ""
    scope: frozenset[str] | None = None


class Facts:
    """What the warehouse holds that can be asked for: its newest time, a payment, rulesets."""

    def __init__(self, warehouse: WarehouseReader) -> None:
        self._warehouse = warehouse
        newest = self._first("SELECT max(engine_time) AS at FROM decisions WHERE engine = {engine:String}")
        self.now: datetime = newest["at"].replace(tzinfo=UTC)
        """The warehouse's now: a home that was filled last week is as busy as on that day."""
        one = self._first(
            "SELECT payment_id FROM v_decisions WHERE engine = {engine:String} AND verdict = 'decline' "
            "AND engine_time >= {at:DateTime64(3)} - INTERVAL 30 DAY ORDER BY engine_time LIMIT 1"
        )
        self.story = StoryReader(warehouse, ENGINE, None)
        self.decision = self.story.decisions(str(one["payment_id"]), ACCOUNT)[-1]

    def _first(self, text: str) -> dict[str, Any]:
        at = getattr(self, "now", None)
        found = self._warehouse.asked(text, {"engine": ENGINE} | ({"at": at} if at else {}), None).first()
        assert found, text
        return found


def questions(facts: Facts) -> Iterator[Question]:
    """All of them, by room."""
    yield from _live(facts)
    yield from _payments(facts)
    yield from _payment(facts)
    yield from _search(facts)
    yield from _rules(facts)
    yield from _lists()
    yield from _models()
    yield from _pipeline()
    since = facts.now.date() - timedelta(days=60)
    yield _asked("meters/own_merchants", {"since": since}, scope=frozenset((ACCOUNT,)))
    yield from _cohorts(facts.now.date())
    yield Question("explore/schema", {})


def _asked(query: str, parameters: Mapping[str, Any], how: str = "", scope: Any = None) -> Question:
    return Question(query, {"engine": ENGINE, **parameters}, how, scope)


def _live(facts: Facts) -> Iterator[Question]:
    asked = parameters_of(ENGINE, finished_minute(facts.now))
    yield Question("live/all_accounts", asked)
    yield Question("live/some_accounts", asked, scope=frozenset((ACCOUNT,)))
    yield _asked("live/newest", {})
    yield _asked("live/newest", {}, "an account without payments", frozenset(("nobody",)))


def _payments(facts: Facts) -> Iterator[Question]:
    for address in SELECTIONS:
        filters, _ = filters_of(tuple(pair.split("=")) for pair in address.split("&") if pair)  # type: ignore[misc]
        if "rule-7" in address:  # the fill's names have a hyphen, which the page would not take
            from dataclasses import replace

            filters = replace(filters, rules=("rule-7",))
        parameters = filters.parameters(ENGINE, facts.now, 51)
        yield Question("payments/selection", parameters, address or "as the page opens")
    filters, _ = filters_of([("within", "90d")])
    yield Question("payments/selection", filters.parameters(ENGINE, facts.now, 5_000), "a page of the CSV")


def _payment(facts: Facts) -> Iterator[Question]:
    last = facts.decision
    of = {"payment_id": last["payment_id"], "account": last["merchant_account"]}
    yield _asked("payment/decisions", of)
    arrival = {"received_at": ms(last["received_at"]), "attempt": last["attempt"], "phase": last["phase"]}
    yield _asked("payment/message", {**of, **arrival})
    yield _asked("payment/rules", {"ruleset": last["ruleset"], "ids": list(last["hits"])})
    for name in ("labels", "disputes", "reviews"):
        yield _asked(f"payment/{name}", of)
    tokens = tokens_of(last)
    for entity, token in {"payment": str(last["payment_id"]), **tokens}.items():
        asked = {"token": token, "entity": entity, "account": ACCOUNT, "rows": 200}
        yield _asked("payment/timeline", asked, entity)
    linked = facts.story.linked_parameters(last, 44)
    yield _asked("payment/linked", linked)
    found = facts.story.linked(last, 44)[0]
    ids = [str(row["payment_id"]) for row in found]
    yield _asked("payment/standing_labels", {"payment_ids": ids})
    yield _asked("payment/cards", {"payment_ids": ids, "times": [ms(row["first_at"]) for row in found]})
    yield _asked("review/known_frauds", {"payment_ids": ids})
    yield from _habit(last, tokens)


def _cohorts(today: date) -> Iterator[Question]:
    """Of everybody, and of who sees one account, whose merchants are all."""
    week = today - timedelta(days=today.weekday() + 35)
    merchants = [f"shop-{number}" for number in range(500)]
    one = frozenset((ACCOUNT,))
    weeks = {"since": week - timedelta(weeks=21), "age": 30}
    yield _asked("cohorts/weeks", weeks)
    yield _asked("cohorts/weeks_of_merchants", {**weeks, "merchants": merchants}, scope=one)
    yield _asked("cohorts/merchants", {"week": week, "age": 30, "rows": 30, "merchants": []})


def _habit(last: Mapping[str, Any], tokens: dict[str, str]) -> Iterator[Question]:
    whose = {
        "payment_id": last["payment_id"], "account": last["merchant_account"], "at": ms(last["engine_time"]),
        "token": tokens.pop("customer"), "entity": "customer",
    }  # fmt: skip
    yield _asked("payment/habit", {**whose, "currency": last["currency"], "merchant": last["merchant_id"]})
    asked = {**whose, "tokens": list(tokens.values()), "entities": list(tokens)}
    yield _asked("payment/seen_before", asked)


def _search(facts: Facts) -> Iterator[Question]:
    card = str(facts.decision["card"])
    for text in (str(facts.decision["payment_id"]), card, card[:4], "order-1", "ord"):
        yield _asked("search/tokens", {"text": text, "with_tokens": 1}, f"begins with {text}")
    since = {"since": facts.now - DAYS}
    yield _asked("search/last_four", {"text": card[-4:], **since})
    yield _asked("search/merchants", {"text": "shop-4", **since})
    yield _asked("search/rules", {"text": "rule 1", "with_lines": "rule_1"})


def _rules(facts: Facts) -> Iterator[Question]:
    version = {"version": facts.decision["ruleset"]}
    yield _asked("rules/in_effect", {})
    yield _asked("rules/of_version", version)
    yield _asked("rules/before", {"before": ms(facts.decision["engine_time"])})
    yield _asked("rules/history", {})
    for days in (30, 90):
        yield _asked("rules/figures", {"days": days}, f"{days} days")
    for days in (7, 30, 90):
        yield _asked("rules/shadow", {"days": days}, f"{days} days")
    at, sequence = ms(facts.decision["engine_time"]), facts.decision["sequence"]
    yield _asked("rules/examples", {"times": [at] * 20, "sequences": [sequence] * 20})


def _lists() -> Iterator[Question]:
    yield _asked("lists/lists", {})
    yield _asked("lists/entries", {"list": "", "value": "", "most": 101, "skip": 0})
    yield _asked("lists/entry", {"list": "blocked_cards", "value": "value-77"})
    yield _asked("lists/history", {"list": "", "value": ""})


def _models() -> Iterator[Question]:
    for days in (30, 90, 180):
        asked = {"days": days, "silent_days": SILENT_DAYS, "edges": list(EDGES)}
        yield _asked("models/bins", asked, f"{days} days")
        yield _asked("models/scored", {"days": days}, f"{days} days")
    yield _asked("models/drift", {"days": DRIFT_DAYS})
    yield _asked("models/history", {})
    for name in ("trial", "right"):
        yield _asked(f"models/{name}", {"model": "fedcba9876543210"})


def _pipeline() -> Iterator[Question]:
    yield _asked("pipeline/batches", {})
    for reason in ("", "not_json"):
        asked = {"reason": reason, "before": 2**63 - 1, "most": 50}
        yield _asked("pipeline/letters", asked, reason or "all reasons")
        yield _asked("pipeline/letters_listed", {**asked, "most": 500}, reason or "all reasons")
    yield _asked("pipeline/letters_at", {"topic": "live.payments", "partition": 0, "offsets": [77, 770]})
    yield _asked("pipeline/reasons", {})
