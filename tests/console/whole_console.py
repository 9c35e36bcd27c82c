"""The whole console on seeded data: every page has something to show. For pictures, and for what pages weigh.

Payments are in a real ClickHouse, people's work is in a real PostgreSQL; what would come from Kafka is made
up.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from clickhouse_connect.driver.client import Client

from dashboards.console.pages.explore.statements import StatementRunner
from dashboards.console.pages.lists.list_desk import ListDesk, list_desk
from dashboards.console.pages.models.model_desk import ModelCard, ModelDesk, model_desk
from dashboards.console.pages.payment import payment_address
from dashboards.console.pages.pipeline.lag_watch import TopicLag, lag_watch
from dashboards.console.pages.rules.rules_desk import CheckedText, RulesDesk, rules_desk
from dashboards.console.warehouse import Rows, WarehouseReader
from desk.accounts import Role
from desk.audit import AuditTrail
from desk.changes import Changes
from desk.database import DeskDatabase
from features.catalogue import CATALOGUE
from models.messages import Control, DecisionReason, ListChange, RulesetChange
from models.rules import check_ruleset, read_ruleset, ruleset_text
from models.rules.language import Schema
from models.seed import seed_ruleset
from models.versions import content_version
from streams.engine.decision import rule_schema
from tests.console import test_models_page, test_pipeline_page
from tests.console.backtest_result import backtest_result
from tests.console.busy_warehouse import BusyWarehouse
from tests.console.review_scene import busy_queue
from tests.console.rules_scene import Backtests
from tests.console.scene import Scene, person
from tests.console.test_meters_page import FakeDesk, exemption, month_read, reading
from tests.desk.view_people import known_as

STATEMENT: Final = (
    "SELECT minute, verdict, sum(decisions) AS decided\nFROM v_minute\n"
    "WHERE minute >= now() - INTERVAL 3 HOUR\nGROUP BY minute, verdict\nORDER BY minute"
)
CHART: Final = {"sql": STATEMENT, "chart": "line", "across": "minute", "up": "decided", "by": "verdict"}
RULESET: Final[dict[str, Any]] = {
    **seed_ruleset(),
    "version": 2,
    "rules": [
        *seed_ruleset()["rules"],
        {"id": "card_testing", "description": "Many small payments from one device within an hour",
         "owner": "fraud-team", "when": "device_small_amount_count_1h > 5", "action": "block"},
        {"id": "many_cards_on_device", "description": "A fourth card on one device within an hour",
         "owner": "fraud-team", "mode": "shadow", "when": "device_distinct_cards_1h > 3", "score": 40},
    ],
}  # fmt: skip
PROPOSED: Final = {
    **RULESET,
    "rules": [*RULESET["rules"][:-1], {**RULESET["rules"][-1], "mode": "live", "score": 60}],
}
ENTRIES: Final = (
    ("blocked_bins", "400000", "card testing in week 21", 30), ("blocked_bins", "510510", "card testing", 5),
    ("blocked_devices", "device-tester", "thirty cards within ten minutes", 90),
    ("trusted_customers", "customer-17", "wholesale buyer, confirmed by telephone", None),
)  # fmt: skip


class Judge:
    """What the engine would say, without its log."""

    def __init__(self, live: str) -> None:
        self._live = live

    def checked(self, text: str) -> CheckedText:
        """See `RulesetJudge`."""
        schema = rule_schema(CATALOGUE)
        cost = check_ruleset(text, schema).compile(schema).cost
        return CheckedText(text, read_ruleset(text).document, cost=cost)

    def live_version(self) -> str:
        """See `RulesetJudge`."""
        return self._live

    def columns(self) -> Schema:
        """See `RulesetJudge`."""
        return rule_schema(CATALOGUE)


class Plane(test_models_page.Plane):
    """A log whose models have a card that can be shown to anybody."""

    def card(self, sha256: str) -> ModelCard | None:
        """See `ModelPlane`."""
        made_of = {"data": "simulated traffic, 12 weeks", "labels": "as known after 60 days"}
        return ModelCard(sha256, 214, "0123", "Platt", made_of)


class SeededReader(WarehouseReader):
    """Answers from the payments of `engine`, whatever the console's is called; some answers are made up."""

    def __init__(self, url: str, engine: str) -> None:
        super().__init__(url)
        self._engine = engine
        self.answers: dict[str, Rows] = {}

    def rows(self, query_name: str, parameters: Mapping[str, Any], scope: Any, rows_max: int = 1_000) -> Rows:
        if query_name in self.answers:
            return self.answers[query_name]
        return super().rows(query_name, {**parameters, "engine": self._engine}, scope, rows_max)


class WholeConsole:
    """`scene.app` is the console, and `scene.person` may do everything. `client` writes to the warehouse.

    note: what others wrote into payments and verdicts.
    """

    def __init__(
        self,
        client: Client,
        analyst_url: str,
        database: DeskDatabase,
        engine: str = "live",
        note: str = "a gift",
    ) -> None:
        self.note = note
        self.now = datetime.fromtimestamp(int(time.time()) // 60 * 60 + 6, UTC)
        self.database = database
        self.engine = engine
        self.reader = SeededReader(analyst_url, engine)
        self.scene = Scene(database=database, warehouse_reader=self.reader, now=lambda: self.now)
        self._people()
        self._payments(client)
        self.queue = busy_queue(database, self.scene.person, self.now)
        self._story_waits()
        self._rules()
        self._models()
        self._pipeline()
        app = self.scene.app
        app.dependency_overrides[list_desk] = lambda: ListDesk("live", database, self.trail, lambda *_: 0)
        app.state.statements = StatementRunner(analyst_url)
        app.state.meters = FakeDesk(
            month_read(
                reading("games", rate=190, then=260), reading("grocer", rate=120, then=160),
                reading("jeweller", rate=30, then=55), reading("one bank", "acquirer", rate=90, then=140),
                exemption=(exemption(entity="Acme Payments"),),
            )
        )  # fmt: skip

    def close(self) -> None:
        """Ends connections."""
        self.reader.close()
        self.scene.client.close()

    def paths(self) -> dict[str, str]:
        """Where each page is, by the name of its picture."""
        story = ("acme", "story-1")
        return {
            "live": "/live", "review": "/review",
            "review-payment": f"/review/{self.queue.id_of('story-1')}",
            "payments": "/payments?rule=card_testing&within=7d", "payment": payment_address(*story),
            "rules": "/rules", "rules-edit": "/rules/edit",
            "rules-backtest": f"/rules/proposals/{self.proposal}",
            "rules-history": "/rules/history", "lists": "/lists", "models": "/models",
            "explore": f"/explore?{urlencode(CHART)}",
            "cohorts": "/cohorts", "meters": "/meters", "pipeline": "/pipeline",
            "dead-letters": "/pipeline/dead-letters",
            "audit": "/audit", "people": "/people", "account": "/account", "search": "/search?q=card_testing",
        }  # fmt: skip

    @property
    def trail(self) -> AuditTrail:
        """The audit trail at the console's time."""
        return AuditTrail(lambda: self.now)

    def _people(self) -> None:
        known_as(self.database, self.scene.person)
        for name, roles, accounts in (
            ("analyst-1", [Role.ANALYST], None), ("author-1", [Role.RULE_AUTHOR], None),
            ("approver-1", [Role.APPROVER, Role.REVIEWER], None), ("reviewer-3", [Role.REVIEWER], ["bakery"]),
        ):  # fmt: skip
            self.scene.people.known[name] = person(roles, accounts, name)

    def _payments(self, client: Client) -> None:
        busy = BusyWarehouse(self.engine, int(self.now.timestamp() * 1000), note=self.note)
        at_ms = busy.now_ms
        busy.log.add("controls", Control("c2", at_ms, "author-1", RulesetChange(RULESET), "more to stop"))
        for name, value, reason, days in ENTRIES:
            end = None if days is None else at_ms + days * 86_400_000
            change = ListChange(name, value, expires_at=end)
            busy.log.add("controls", Control(f"{name}-{value}", at_ms, "analyst-1", change, reason))
        busy.sink(client)
        self.reader.answers["rules/figures"] = _figures()

    def _story_waits(self) -> None:
        """The payment of the warehouse that has a story is in the queue as well."""
        self.queue.arrives(
            "story-1", at=self.now - timedelta(minutes=20), amount=78_000, reference_amount=78_000,
            probability=0.87, merchant_id="jeweller", card="tok_card_story", device="device-tester",
            hits=("large_new_device",), score=85,
            reasons=(DecisionReason("large_new_device", "A large amount from a new device"),),
        )  # fmt: skip

    def _rules(self) -> None:
        backtests = Backtests(backtest_result(self.now), [(PROPOSED, RULESET, 30)], now=self.now)
        backtests.base_version = content_version(RULESET)
        changes = Changes(self.database, self.trail, lambda: self.now)
        judge = Judge(content_version(RULESET))
        desk = RulesDesk("live", changes, backtests, lambda _: 0, judge)  # type: ignore[arg-type]
        self.scene.app.dependency_overrides[rules_desk] = lambda: desk
        answer = self.scene.post(
            "/rules/propose",
            {
                "text": ruleset_text(PROPOSED),
                "base": content_version(RULESET),
                "reason": "in shadow for a week: 31 frauds, 2 good customers",
            },
        )
        self.proposal = answer.headers["location"].rpartition("/")[2]

    def _models(self) -> None:
        desk = ModelDesk("live", self.database, self.trail, Plane())
        self.scene.app.dependency_overrides[model_desk] = lambda: desk
        trial = {"begun": self.now - timedelta(days=6), **test_models_page.TRIAL}
        self.reader.answers |= {
            "models/trial": Rows(tuple(trial), [tuple(trial.values())]),
            "models/right": Rows(
                ("who_was_right", "payments", "reference_amount"),
                [("both", 812, 4_120_000), ("challenger", 31, 290_000), ("champion", 12, 71_000)],
            ),
            "models/bins": _bins(),
        }

    def _pipeline(self) -> None:
        lags = [TopicLag("engine", "live.payments", 3), TopicLag("warehouse", "live.decisions", 120)]
        self.scene.app.dependency_overrides[lag_watch] = lambda: lambda: lags
        rows = [test_pipeline_page.row(7, test_pipeline_page.GOOD), test_pipeline_page.row(8, b'{"broken": ')]
        reasons = ("reason", "dead_letters", "refusals", "newest_hour")
        columns = (
            "minute", "batches", "payments", "decisions", "duplicates", "refusals", "dead_letters", "late",
            "degraded",
        )  # fmt: skip
        self.reader.answers |= {
            "pipeline/reasons": Rows(
                reasons, [("unknown_currency", 1, 1, self.now), ("not_json", 1, 0, self.now)]
            ),
            "pipeline/letters": Rows(test_pipeline_page.COLUMNS, rows),
            "pipeline/batches": Rows(columns, [
                (self.now - timedelta(minutes=180 - minute), 60 + minute % 7, 840 + 3 * minute % 97,
                 850 + 3 * minute % 97, 10, minute % 2, minute % 3, 0, [])
                for minute in range(180)
            ]),
        }  # fmt: skip


def _bins() -> Rows:
    """A champion, and a challenger that orders better."""
    rows = []
    for role, version, sharpness in (("champion", 16 * "a", 1.0), ("challenger", 16 * "b", 1.3)):
        for number in range(20):
            payments = max(12, 40_000 >> number)
            share = min(0.95, 0.0004 * 1.48 ** (number * sharpness))
            rows.append((role, version, number, payments, round(payments * share), payments * share * 1.05))
    return Rows(("role", "scored_by", "bin", "payments", "frauds", "expected"), rows)


def _figures() -> Rows:
    columns = (
        "rule", "payments", "reference_amount", "declined", "fraud", "legitimate", "precision", "insult_rate",
        "decided", "unknown", "known_good",
    )  # fmt: skip
    rows = [
        (rule["id"], 410 - 61 * number, 2_310_000 - 300_000 * number, 90 - 11 * number, 44 - 3 * number,
         9 + 4 * number, (44 - 3 * number) / (53 + number), 0.0009 + 0.0007 * number, 120 - 17 * number,
         357 - 62 * number, 9_210)
        for number, rule in enumerate(RULESET["rules"][:6])
    ]  # fmt: skip
    return Rows(columns, rows)
