"""The Pipeline page: lag, batches, and dead letters with what becomes of them."""

import hashlib
from typing import Any

import pytest

from dashboards.console.pages.pipeline import PAGE
from dashboards.console.pages.pipeline.lag_watch import TopicLag, lag_watch
from dashboards.console.warehouse import Rows
from desk.accounts import Role
from desk.database import DeskDatabase
from models.messages import Merchant, Method, MethodKind, Payment, encode
from tests.console.scene import NOW, Scene
from tests.desk.view_people import known_as

ATTACK = "<script>alert(1)</script>"
COLUMNS = (
    "topic", "partition", "offset", "received_at", "reason", "detail", "payload_bytes", "payload_sha256",
    "payload_hex", "masked", "merchant_account", "payment_id", "answered", "log_offset",
)  # fmt: skip
GOOD = encode(
    Payment("acme", "p1", 1_790_000_000_000, 1_000, "EUR", Method(MethodKind.CARD, "tok"), Merchant("m1"))
)


def row(
    offset: int, payload: bytes, reason: str = "unknown_currency", detail: str = "why"
) -> tuple[Any, ...]:
    digest = hashlib.sha256(payload).hexdigest()
    return (
        "live.payments", 0, offset, NOW, reason, detail, len(payload), digest, payload.hex(), False, "acme",
        "p1", True, offset,
    )  # fmt: skip


class PipelineScene(Scene):
    """A browser on the Pipeline page, with these dead letters."""

    def __init__(
        self, database: DeskDatabase, roles: Any = (Role.ADMIN,), accounts: Any = None, rows: Any = ()
    ) -> None:
        super().__init__(roles, accounts, [PAGE], database=database)
        self.letters = list(rows) or [row(7, GOOD), row(8, b'{"broken": ')]
        self.app.dependency_overrides[lag_watch] = lambda: lambda: [TopicLag("engine", "live.payments", 3)]
        self.warehouse.answers |= {
            "pipeline/reasons": Rows(
                ("reason", "dead_letters", "refusals", "newest_hour"), [("unknown_currency", 2, 2, NOW)]
            ),
            "pipeline/letters": lambda _: Rows(COLUMNS, self.letters),
            "pipeline/letters_at": lambda asked: Rows(
                COLUMNS, [each for each in self.letters if each[2] in asked["offsets"]]
            ),
        }

    def sent(self) -> list[bytes]:
        with self.parts.database.transaction() as connection:
            rows = connection.execute("SELECT value FROM outbox ORDER BY place").fetchall()
        return [bytes(each["value"]) for each in rows]


@pytest.fixture
def scene(desk_database: DeskDatabase) -> PipelineScene:
    return PipelineScene(desk_database)


def test_lag_is_shown_and_an_outage_of_kafka_said(scene: PipelineScene) -> None:
    assert "live.payments" in scene.client.get("/pipeline/lag").text
    scene.app.dependency_overrides[lag_watch] = lambda: lambda: None
    assert "Kafka does not answer" in scene.client.get("/pipeline/lag").text


def test_batches_are_drawn_by_minute(scene: PipelineScene) -> None:
    columns = (
        "minute", "batches", "payments", "decisions", "duplicates", "refusals", "dead_letters", "late",
        "degraded",
    )  # fmt: skip
    scene.warehouse.answers["pipeline/batches"] = Rows(columns, [(NOW, 3, 1_234, 1_230, 2, 1, 1, 0, ["fx"])])
    part = scene.client.get("/pipeline/batches").text
    assert "1,234" in part
    assert "fx" in part


def test_letters_are_grouped_and_say_how_many_are_open(scene: PipelineScene) -> None:
    page = scene.client.get("/pipeline/dead-letters").text
    assert "2 open of 2" in page
    scene.post(
        "/pipeline/dead-letters/act", {"policy": "drop", "chosen": "live.payments/0/8", "why": "a test"}
    )
    page = scene.client.get("/pipeline/dead-letters").text
    assert "1 open of 2" in page
    assert "dropped" in page


def test_chosen_letters_are_sent_again_once(scene: PipelineScene) -> None:
    fields = {"policy": "reinsert", "chosen": "live.payments/0/7", "why": "rates are there now"}
    assert scene.post("/pipeline/dead-letters/act", fields).status_code == 303
    assert scene.sent() == [GOOD]
    assert scene.post("/pipeline/dead-letters/act", fields).status_code == 422
    assert scene.sent() == [GOOD]
    assert "rates are there now" in scene.client.get("/pipeline/dead-letters/acts").text


def test_what_the_engine_would_refuse_again_is_not_sent(scene: PipelineScene) -> None:
    fields = {"policy": "reinsert", "chosen": "live.payments/0/8", "why": "again"}
    answer = scene.post("/pipeline/dead-letters/act", fields)
    assert answer.status_code == 422
    assert "refuse it again" in answer.text
    assert scene.sent() == []


def test_a_letter_is_mended_by_hand(scene: PipelineScene) -> None:
    place = "/pipeline/dead-letters/live.payments/0/8"
    assert "Send the mended message" in scene.client.get(place).text
    wrong = scene.post(f"{place}/fix", {"text": "{", "why": "mended"})
    assert wrong.status_code == 422
    assert scene.post(f"{place}/fix", {"text": GOOD.decode(), "why": "mended"}).status_code == 303
    assert scene.sent() == [GOOD]
    assert "Send the mended message" not in scene.client.get(place).text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_the_page_is_for_its_roles(desk_database: DeskDatabase, role: Role) -> None:
    client = PipelineScene(desk_database, [role]).client
    for path in (
        "",
        "/lag",
        "/batches",
        "/dead-letters",
        "/dead-letters/acts",
        "/dead-letters/live.payments/0/7",
    ):
        assert client.get(f"/pipeline{path}").status_code == 403


def test_only_who_may_replay_acts(desk_database: DeskDatabase) -> None:
    scene = PipelineScene(desk_database, [Role.ANALYST, Role.APPROVER, Role.RULE_AUTHOR])
    assert "Drop chosen" not in scene.client.get("/pipeline/dead-letters").text
    fields = {"policy": "drop", "chosen": "live.payments/0/7", "why": "x", "text": GOOD.decode()}
    assert scene.post("/pipeline/dead-letters/act", fields).status_code == 403
    assert scene.post("/pipeline/dead-letters/live.payments/0/7/fix", fields).status_code == 403
    limited = PipelineScene(desk_database, [Role.ADMIN], ["acme"])
    assert limited.client.get("/pipeline/dead-letters").status_code == 403
    assert limited.post("/pipeline/dead-letters/act", fields).status_code == 403


@pytest.mark.parametrize("chosen", ["live.payments", "live.payments/0/x", "../../etc/0/1", "a/99999999/1"])
def test_a_place_that_is_none_is_refused(scene: PipelineScene, chosen: str) -> None:
    fields = {"policy": "drop", "chosen": chosen, "why": "x"}
    assert scene.post("/pipeline/dead-letters/act", fields).status_code == 422
    assert scene.client.get("/pipeline/dead-letters/live.payments/0/99").status_code == 404


def test_what_arrived_is_shown_and_does_nothing(desk_database: DeskDatabase) -> None:
    hostile = f'{{"note": "{ATTACK}</textarea>{ATTACK}\u202e\x1b[31m"}}'.encode()
    scene = PipelineScene(desk_database, rows=[row(7, hostile, detail=ATTACK)])
    for path in ("/pipeline/dead-letters", "/pipeline/dead-letters/live.payments/0/7"):
        page = scene.client.get(path).text
        assert ATTACK not in page
    assert "\\u202e" in scene.client.get("/pipeline/dead-letters/live.payments/0/7").text
    scene.post("/pipeline/dead-letters/act", {"policy": "drop", "chosen": "live.payments/0/7", "why": ATTACK})
    assert ATTACK not in scene.client.get("/pipeline/dead-letters/acts").text


def test_a_view_keeps_the_reason(desk_database: DeskDatabase) -> None:
    scene = PipelineScene(desk_database, [Role.ADMIN, Role.ANALYST])
    known_as(desk_database, scene.person)
    path = "/pipeline/dead-letters"
    kept = {"page": "dead_letters", "path": path, "name": "currencies", "query": "reason=unknown_currency"}
    address = scene.post("/views/save", kept).headers["location"]
    assert address.startswith(f"{path}?reason=unknown_currency&view=")
    assert "currencies" in scene.client.get(address).text
    refused = scene.post(f"{path}/act", {"policy": "drop", "why": "nothing chosen"})
    assert f'href="{path}?view=none"' in refused.text


def test_the_csv_says_what_became_of_each_and_holds_no_bytes(desk_database: DeskDatabase) -> None:
    rows = [row(offset, GOOD) for offset in range(1_201, 0, -1)]
    scene = PipelineScene(desk_database, [Role.ADMIN, Role.ANALYST], rows=rows)
    listed = ("received_at", "topic", "partition", "offset", "reason", "detail", "merchant_account",
              "payment_id", "payload_bytes", "payload_sha256", "log_offset")  # fmt: skip

    def answer(asked: Any) -> Rows:
        below = [each for each in rows if each[-1] < asked["before"]][: asked["most"]]
        return Rows(listed, [tuple(each[COLUMNS.index(name)] for name in listed) for each in below])

    scene.warehouse.answers["pipeline/letters_listed"] = answer
    path = "/pipeline/dead-letters"
    scene.post(f"{path}/act", {"policy": "drop", "chosen": "live.payments/0/8", "why": "a test"})
    lines = scene.client.get(f"{path}.csv").text.splitlines()
    assert len(lines) == 1_202
    assert lines[0].endswith("payload_sha256,state")
    assert [line.rpartition(",")[2] for line in lines if ",8,unknown_currency" in line] == ["dropped"]
    assert sum(line.endswith(",open") for line in lines) == 1_200
    assert GOOD.hex() not in "".join(lines)
    assert PipelineScene(desk_database, [Role.VIEWER]).client.get(f"{path}.csv").status_code == 403
