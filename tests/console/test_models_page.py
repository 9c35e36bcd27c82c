"""The Models page: champion and challenger with their figures, and changes of them."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dashboards.console.pages.models import PAGE
from dashboards.console.pages.models.model_desk import ModelCard, ModelDesk, ModelsNow, model_desk
from dashboards.console.pages.models.model_figures import curve_chart, drift_chart, figures, gates
from dashboards.console.pages.models.registered import RegistryProcess, registered_models
from dashboards.console.warehouse import Rows
from desk.accounts import Role
from desk.audit import AuditFilter, AuditTrail
from desk.changes import SecondPerson
from desk.database import DeskDatabase
from learning.registered import GateAnswers, LiveSpell, RegisteredModel, RegistryAnswer
from models.messages import ChallengerChange, TrialBounds
from models.rollout import ModelsInEffect
from streams.errors import Outage
from streams.settings import Settings
from tests.console.scene import NOW, Scene, person

A, B, C = 64 * "a", 64 * "b", 64 * "c"
ATTACK = "<script>alert(1)</script>"
ON_TRIAL = ModelsInEffect(A).after(ChallengerChange(B, share=50_000, salt="s"))
BINS = ("role", "scored_by", "bin", "payments", "frauds", "expected")
TRIAL: dict[str, Any] = {
    "decisions": 1_000, "canary_decisions": 50, "disagreed": 12, "without_probability": 20,
    "verdict_gap": 0.06, "challenger_histogram": [90, 10, *[0] * 8],
    "champion_histogram": [90, 10, *[0] * 8],
}  # fmt: skip


class Plane:
    """A log with a champion, a challenger and one champion before."""

    def __init__(self) -> None:
        self.models, self.done, self.is_down = ON_TRIAL, list[tuple[str, ...]](), False

    def now(self) -> ModelsNow:
        return ModelsNow(self.models, C)

    def card(self, sha256: str) -> ModelCard | None:
        return ModelCard(sha256, 214, "0123", "Platt", {"data": ATTACK, "more": {"deep": ATTACK}})

    def promote(self, sha256: str, author: str, reason: str) -> int:
        return self._do("promote", sha256, author, reason)

    def roll_back(self, author: str, reason: str) -> int:
        return self._do("roll back", author, reason)

    def withdraw(self, author: str, reason: str) -> int:
        return self._do("withdraw", author, reason)

    def _do(self, *what: str) -> int:
        if self.is_down:
            raise Outage("Kafka does not answer")
        self.done.append(what)
        return len(self.done)


class Registered:
    """A registry that says what it is told to."""

    answer: RegistryAnswer | None = None

    def newest(self, now: datetime) -> RegistryAnswer | None:
        assert now == NOW
        return self.answer


class ModelScene(Scene):
    """A browser on the Models page."""

    def __init__(self, database: DeskDatabase, roles: Any = (Role.APPROVER,), accounts: Any = None) -> None:
        super().__init__(roles, accounts, [PAGE], database=database)
        self.plane = Plane()
        desk = ModelDesk("live", database, AuditTrail(lambda: NOW), self.plane)
        self.app.dependency_overrides[model_desk] = lambda: desk
        self.registered = Registered()
        self.app.dependency_overrides[registered_models] = lambda: self.registered
        self.warehouse.answers["models/trial"] = Rows(tuple(TRIAL), [tuple(TRIAL.values())])

    def noted(self) -> list[tuple[str, str]]:
        with self.parts.database.transaction() as connection:
            found = AuditTrail(lambda: NOW).entries(connection, AuditFilter())
        return [(entry.action, entry.subject) for entry in found]


@pytest.fixture
def scene(desk_database: DeskDatabase) -> ModelScene:
    return ModelScene(desk_database)


def test_champion_challenger_and_gates_are_shown(scene: ModelScene) -> None:
    page = scene.client.get("/models").text
    assert A in page
    assert B in page
    assert "decides 5.0 % of cards" in page
    assert page.count(">left<") == 2
    assert ATTACK not in page


@pytest.mark.parametrize(
    ("path", "sha256", "done", "action"),
    [
        ("promote", B, ("promote", B, "avery", "better (by avery)"), "model_promoted"),
        ("roll-back", C, ("roll back", "avery", "better (by avery)"), "model_rolled_back"),
        ("withdraw", B, ("withdraw", "avery", "better (by avery)"), "challenger_withdrawn"),
    ],
)
def test_a_change_is_published_and_noted(
    scene: ModelScene, path: str, sha256: str, done: tuple[str, ...], action: str
) -> None:
    assert scene.post(f"/models/{path}", {"sha256": sha256, "reason": "better"}).status_code == 303
    assert scene.plane.done == [done]
    assert scene.noted() == [(action, f"model:{sha256[:16]}")]


def test_what_was_not_seen_or_has_no_reason_is_not_published(scene: ModelScene) -> None:
    assert scene.post("/models/promote", {"sha256": B, "reason": " "}).status_code == 409
    assert scene.post("/models/roll-back", {"sha256": A, "reason": "x"}).status_code == 409
    assert scene.post("/models/withdraw", {"sha256": A, "reason": "x"}).status_code == 409
    assert scene.post("/models/promote", {"sha256": "../x", "reason": "x"}).status_code == 422
    assert scene.plane.done == []
    assert scene.noted() == []


def test_where_the_log_is_away_nothing_is_noted(scene: ModelScene) -> None:
    scene.plane.is_down = True
    assert scene.post("/models/promote", {"sha256": B, "reason": "better"}).status_code == 503
    assert scene.noted() == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.APPROVER])
def test_only_an_approver_changes_models(desk_database: DeskDatabase, role: Role) -> None:
    scene = ModelScene(desk_database, [role])
    for path, sha256 in (("promote", B), ("roll-back", C), ("withdraw", B)):
        assert scene.post(f"/models/{path}", {"sha256": sha256, "reason": "x"}).status_code == 403
    assert "Promote now" not in scene.client.get("/models").text
    assert scene.plane.done == []


def test_somebody_who_sees_some_merchants_only_is_refused(desk_database: DeskDatabase) -> None:
    scene = ModelScene(desk_database, accounts=["acme"])
    for path in ("/models", "/models/figures", "/models/history", "/models/registry"):
        assert scene.client.get(path).status_code == 403


def test_figures_are_drawn_from_bins(scene: ModelScene) -> None:
    scene.warehouse.answers["models/bins"] = Rows(
        BINS, [("champion", A[:16], 0, 900, 10, 10.0), ("champion", A[:16], 15, 100, 40, 60.0)]
    )
    part = scene.client.get("/models/figures").text
    assert "of 1,000 known payments, 50 of them fraud" in part
    assert "0.71" in part  # fraud over expected: 50 / 70


def test_precision_by_recall_and_its_area() -> None:
    names = dict.fromkeys(BINS)
    rows = [
        names | dict(zip(BINS, row, strict=True))
        for row in (("champion", "m", 15, 10, 4, 6.0), ("champion", "m", 0, 90, 1, 1.0))
    ]
    (found,) = figures(rows)
    chart = curve_chart([found])
    assert chart["x"] == [0.8, 1.0]
    assert chart["series"][0]["values"] == [0.4, 0.05]
    assert found.auc == pytest.approx(412.5 / 475)  # 4 frauds above 89 good ones, ties count half


def test_drift_compares_each_day_with_all_before_it() -> None:
    same = {0: 900, 1_000: 100, -1: 5}
    rows = [
        {"time": NOW - timedelta(days=3 - day), "histogram": counts}
        for day, counts in enumerate((same, same, {0: 500, 1_000: 500}))
    ]
    chart, last = drift_chart(rows)
    still, moved = chart["series"][0]["values"]
    assert still == 0
    assert last == moved
    assert moved > 0.25


def test_a_gate_without_a_measurement_or_a_bound_says_nothing() -> None:
    assert [gate.is_kept for gate in gates(TrialBounds(), None)] == [None, None, None]
    kept = gates(TrialBounds(psi_max=None), TRIAL)
    assert [gate.is_kept for gate in kept] == [None, False, False]


def test_a_promotion_waits_for_a_second_person_and_the_way_back_does_not(desk_database: DeskDatabase) -> None:
    scene, trail = ModelScene(desk_database), AuditTrail(lambda: NOW)
    second = SecondPerson(desk_database, trail, lambda: NOW, "live", "model")
    desk = ModelDesk("live", desk_database, trail, scene.plane, second)
    scene.app.dependency_overrides[model_desk] = lambda: desk
    asked = scene.post("/models/promote", {"sha256": B, "reason": "better"})
    assert asked.headers["location"].endswith("done=asked")
    (waiting,) = second.waiting()
    fields = {"asked_id": str(waiting.asked_id)}
    assert scene.post("/models/confirm", fields).status_code == 409, "who asked does not confirm"
    assert scene.plane.done == []
    scene.client.cookies.clear()
    scene.client.cookies.set("session", scene.people.enter(person([Role.APPROVER], name="second-1")))
    assert "/models/confirm" in scene.client.get("/models/asked").text
    assert scene.post("/models/confirm", fields).status_code == 303
    reason = "better (asked for by avery, confirmed by second-1) (by second-1)"
    assert scene.plane.done == [("promote", B, "second-1", reason)]
    assert scene.post("/models/confirm", fields).status_code == 409
    assert scene.post("/models/withdraw", {"sha256": B, "reason": "worse"}).status_code == 303


GATES: dict[str, Any] = {
    "passed": False, "champion": "0123456789abcdef", "challenger": "fedc", "start": 1_767_225_600_000,
    "end": 1_767_830_400_000, "gates": [
        {"name": "better_by_cost", "passed": False, "words": f"costs more {ATTACK}", "bound": "below 1",
         "next": "train on more weeks"},
        {"name": "segments", "passed": None, "words": "needs `better_by_cost` first"},
    ],
}  # fmt: skip


def registered(**changes: Any) -> RegisteredModel:
    known: dict[str, Any] = {
        "version": 3, "sha256": A, "dataset": 64 * "d", "registered_at": 1_767_225_600_000,
        "aliases": ("champion",), "deployments": (LiveSpell(17, 1_767_225_600_000, "ops", "better"),),
        "metrics": {"average_precision": 0.61234}, "card": f"# Card {ATTACK}",
        "gates": msgspec.convert(GATES, GateAnswers),
    }  # fmt: skip
    return RegisteredModel(**known | changes)


def test_versions_of_the_registry_are_shown_with_card_and_gates(scene: ModelScene) -> None:
    assert "/models/registry/versions" in scene.client.get("/models/registry").text
    scene.registered.answer = RegistryAnswer((registered(),), left=2)
    part = scene.client.get("/models/registry/versions").text
    for words in ("Version 3", "average precision", "0.6123", "better by cost", "not passed", "not asked",
                  "train on more weeks", "offset 17", "# Card", "and 2 older", "decides"):  # fmt: skip
        assert words in part, words
    assert ATTACK not in part
    assert "names version" not in part


def test_where_the_alias_and_the_log_differ_the_page_says_so(scene: ModelScene) -> None:
    scene.registered.answer = RegistryAnswer((registered(sha256=C, gates=None, card=""),))
    part = scene.client.get("/models/registry/versions").text
    assert "The alias champion names version 3, and another model decides" in part
    assert "Nobody has asked them" in part
    assert "without a model card" in part


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "No model is registered"),
        (RegistryAnswer(), "No model is registered"),
        (RegistryAnswer(trouble="MLflow does not answer"), "MLflow does not answer"),
    ],
)
def test_without_a_registry_the_page_says_what_to_do(
    scene: ModelScene, answer: RegistryAnswer | None, words: str
) -> None:
    scene.registered.answer = answer
    assert words in scene.client.get("/models/registry/versions").text


def test_the_registry_is_asked_once_a_minute_and_not_where_there_is_none(tmp_path: Path) -> None:
    script = "import sys; print('{\"left\": 7}'); open(sys.argv[1] + '.asked', 'a').write('x')"
    asked = RegistryProcess(Settings(home=tmp_path), str(tmp_path / "live"), (sys.executable, "-c", script))
    assert asked.newest(NOW) is None
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "mlflow.db").touch()
    assert asked.newest(NOW) == asked.newest(NOW + timedelta(seconds=59)) == RegistryAnswer(left=7)
    assert (tmp_path / "live.asked").read_text() == "x"
    asked.newest(NOW + timedelta(seconds=60))
    assert (tmp_path / "live.asked").read_text() == "xx"


def test_a_process_that_ends_without_an_answer_is_told(tmp_path: Path) -> None:
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "mlflow.db").touch()
    settings = Settings(home=tmp_path)
    for script, words in (("raise SystemExit(3)", "ended with 3"), ("print('no')", "gave no answer")):
        with pytest.raises(Outage, match=words):
            RegistryProcess(settings, "live", (sys.executable, "-c", script)).newest(NOW)


def test_figures_of_a_model_state_how_many_payments_have_a_known_truth(scene: ModelScene) -> None:
    bins = [("champion", A, 3, 900, 1, 1.0), ("champion", A, 15, 40, 30, 20.0)]
    scene.warehouse.answers |= {
        "models/bins": Rows(BINS, bins),
        "models/scored": Rows(("role", "scored_by", "scores"), [("champion", A, 41_000)]),
    }
    page = scene.client.get("/models/figures").text
    assert "of 940 known payments, 31 of them fraud; 40,060 scores of unknown truth" in page
    assert "too few known" not in page


def test_where_few_frauds_are_known_a_model_has_no_area_under_a_curve(scene: ModelScene) -> None:
    scene.warehouse.answers["models/bins"] = Rows(BINS, [("champion", A, 3, 900, 1, 1.0)])
    assert "too few known" in scene.client.get("/models/figures").text
