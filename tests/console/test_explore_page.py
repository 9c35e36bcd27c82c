"""Explore as a person's browser sees it: statements run on the real embedded ClickHouse."""

import csv
import html
import io
from uuid import UUID

import pytest

from dashboards.console.pages.explore.statements import StatementRunner
from dashboards.console.pages.explore_link import sql_in_full
from dashboards.console.warehouse import Rows, WarehouseDown
from desk.audit import AuditFilter, AuditTrail
from desk.database import DeskDatabase
from desk.people import Role
from desk.views import Chart, SavedQueries
from tests.console.scene import NOW, Scene
from tests.console.warehouse_server import analyst_url, warehouse_server
from tests.desk.view_people import known_as, some_person
from tests.support.shared_postgres import desk_database, desk_url

__all__ = ["analyst_url", "desk_database", "desk_url", "warehouse_server"]

SCRIPT = "<script>alert(1)</script>"
ANALYST = (Role.ANALYST,)
POSTS = (
    "/explore/run", "/explore/csv", "/explore/queries", "/explore/queries/{}/rename",
    "/explore/queries/{}/share", "/explore/queries/{}/delete",
)  # fmt: skip
NOBODY = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def make_scene(desk_database: DeskDatabase, analyst_url: str) -> type[Scene]:
    class RealScene(Scene):
        def __init__(self, **parts: object) -> None:
            super().__init__(**{"roles": ANALYST, "database": desk_database, **parts})  # type: ignore[arg-type]
            known_as(desk_database, self.person)
            self.app.state.statements = StatementRunner(analyst_url)

    return RealScene


@pytest.fixture
def scene(make_scene: type[Scene]) -> Scene:
    return make_scene()


def run(scene: Scene, sql: str, **fields: str) -> str:
    answer = scene.post("/explore/run", {"sql": sql, **fields})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_page_opens_with_a_statement_of_its_address_and_runs_nothing(scene: Scene) -> None:
    page = scene.client.get("/explore", params={"sql": f"SELECT '</textarea>{SCRIPT}'"})
    assert page.status_code == 200
    assert SCRIPT not in page.text
    assert html.escape("SELECT '</textarea>", quote=True).replace("&#x27;", "&#39;") in page.text
    assert "data-result" not in page.text
    assert scene.warehouse.asked_for == []


def test_a_statement_gives_a_table(scene: Scene) -> None:
    page = run(
        scene,
        "SELECT 5 AS n, CAST(NULL, 'Nullable(String)') AS gone, '' AS nothing, toDate('2026-06-01') AS day",
    )
    assert '<td class="number">5</td>' in page
    assert '<span class="explore-null">null</span>' in page
    assert '<span class="explore-null">empty</span>' in page
    assert '<time datetime="2026-06-01T00:00:00.000Z">2026-06-01</time>' in page
    assert "Nullable(String)" in page


def test_script_in_rows_names_and_errors_is_text(scene: Scene) -> None:
    for sql in (
        f"SELECT '{SCRIPT}' AS x",
        f"SELECT 1 AS `{SCRIPT}`",
        f"SELECT `{SCRIPT}` FROM v_decisions",
        f"SELECT throwIf(1, '{SCRIPT}')",
    ):
        page = run(scene, sql, across=f'"{SCRIPT}', chart=SCRIPT)
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page


def test_an_error_says_what_and_in_which_line(scene: Scene) -> None:
    page = run(scene, "SELECT verdict,\n  amuont\nFROM v_decisions")
    assert "There is no column amuont" in page
    assert "Did you mean amount?" in page
    assert 'data-line="2" data-column="3"' in page


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE decisions",
        "SELECT * FROM url('http://x', 'CSV', 'a String')",
        "SELECT file('/etc/passwd')",
    ],
)
def test_what_is_refused_is_told_in_plain_words(scene: Scene, sql: str) -> None:
    assert "not allowed here" in run(scene, sql) or "only reads" in run(scene, sql)


def test_a_file_has_the_whole_result_and_no_formula(scene: Scene) -> None:
    sql = "SELECT '=HYPERLINK(1)' AS `=name`, number FROM numbers(3000)"
    answer = scene.post("/explore/csv", {"sql": sql, "name": "../my file"})
    assert answer.headers["content-disposition"] == 'attachment; filename="my-file.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert (rows[0], rows[1], len(rows)) == (["'=name", "number"], ["'=HYPERLINK(1)", "0"], 3001)


def test_a_file_of_a_refused_statement_is_none(scene: Scene) -> None:
    answer = scene.post("/explore/csv", {"sql": "DROP TABLE decisions"})
    assert answer.status_code == 422
    assert "Explore only reads" in answer.text
    assert "content-disposition" not in answer.headers


def test_who_ran_what_is_in_the_audit_trail(scene: Scene, desk_database: DeskDatabase) -> None:
    run(scene, "SELECT 1")
    run(scene, "SELECT nonsense")
    scene.post("/explore/csv", {"sql": "SELECT 2"})
    with desk_database.transaction() as connection:
        entries = AuditTrail(lambda: NOW).entries(connection, AuditFilter(user_id=scene.person.user_id))
    assert [entry.action for entry in entries] == ["explore_downloaded", "explore_ran", "explore_ran"]
    assert entries[-1].detail == {"sql": "SELECT 1"}


def test_who_sees_some_merchant_accounts_is_told_why_not(make_scene: type[Scene]) -> None:
    some = make_scene(accounts=["shop"])
    assert "people who see every merchant account" in some.client.get("/explore").text
    assert some.client.get("/explore/schema").status_code == 403
    for path in POSTS:
        answer = some.post(path.format(NOBODY), {"sql": "SELECT 1", "name": "x"})
        assert answer.status_code == 403
        assert "data-result" not in answer.text
    assert some.warehouse.asked_for == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.ADMIN])
def test_other_roles_do_not_explore(make_scene: type[Scene], role: Role) -> None:
    other = make_scene(roles=(role,))
    assert other.client.get("/explore").status_code == 403
    for path in ("/explore/run", "/explore/csv", "/explore/cancel"):
        assert other.post(path, {"sql": "SELECT 1"}).status_code == 403


def test_a_form_of_another_site_runs_nothing(scene: Scene) -> None:
    for path in (*POSTS, "/explore/cancel"):
        answer = scene.client.post(
            path.format(NOBODY), data={"sql": "SELECT 1"}, headers={"origin": "http://evil.example"}
        )
        assert answer.status_code == 403


def test_a_query_is_saved_opened_changed_shared_and_deleted(
    scene: Scene, desk_database: DeskDatabase
) -> None:
    saved = scene.post(
        "/explore/queries", {"sql": "SELECT 1", "name": f"mine {SCRIPT}", "chart": "bar", "up": "n"}
    )
    assert saved.status_code == 303
    address = saved.headers["location"]
    page = scene.client.get(address)
    assert "SELECT 1" in page.text
    assert SCRIPT not in page.text
    query = address.partition("query=")[2]
    scene.post("/explore/queries", {"sql": "SELECT 2", "query": query, "version": "1"})
    scene.post(f"/explore/queries/{query}/rename", {"name": "ours", "version": "2"})
    stranger = some_person(desk_database, "stranger")
    queries = SavedQueries(desk_database, lambda: NOW)
    assert queries.of(stranger) == []
    scene.post(f"/explore/queries/{query}/share", {"shared": "true", "version": "3"})
    assert [(each.name, each.statement, each.is_own) for each in queries.of(stranger)] == [
        ("ours", "SELECT 2", False)
    ]
    late = scene.post("/explore/queries", {"sql": "SELECT 3", "query": query, "version": "1"})
    assert (late.status_code, "changed meanwhile" in late.text) == (403, True)
    assert scene.post(f"/explore/queries/{query}/delete", {}).headers["location"] == "/explore"
    assert scene.client.get(address).status_code == 403


def test_another_persons_query_is_not_opened(scene: Scene, desk_database: DeskDatabase) -> None:
    stranger = some_person(desk_database, "stranger")
    query = SavedQueries(desk_database, lambda: NOW).save(stranger, "secret", "SELECT 'secret'", Chart())
    answer = scene.client.get(f"/explore?query={query}")
    assert (answer.status_code, "secret" in answer.text) == (403, False)
    for act in ("rename", "share", "delete"):
        assert scene.post(f"/explore/queries/{query}/{act}", {"name": "x", "version": "1"}).status_code == 403


def test_the_schema_says_what_columns_hold(scene: Scene) -> None:
    scene.warehouse.answers["explore/schema"] = Rows(
        ("table", "table_comment", "is_view", "name", "type", "comment"),
        [
            ("v_decisions", "", 1, "verdict", "String", ""),
            ("decisions", SCRIPT, 0, "verdict", "String", f"approve or decline {SCRIPT}"),
        ],
    )
    page = scene.client.get("/explore/schema").text
    assert page.count("approve or decline") == 2
    assert "Grain: " in page
    assert SCRIPT not in page


def test_the_page_opens_while_the_warehouse_is_down(scene: Scene) -> None:
    scene.warehouse.answers["explore/schema"] = WarehouseDown("it does not answer")
    assert scene.client.get("/explore").status_code == 200
    assert scene.client.get("/explore/schema", headers={"hx-request": "true"}).status_code == 503
    scene.app.state.statements = StatementRunner("http://127.0.0.1:1")
    assert "The warehouse does not answer" in run(scene, "SELECT 1")


def test_values_that_were_written_into_a_query_are_the_values(analyst_url: str) -> None:
    hostile = "o'b\\ \n {x:String} -- /* ; é"
    asked = "SELECT {text:String}, {list:Array(String)}, {n:UInt8}"
    text = sql_in_full(asked, {"text": hostile, "list": [hostile], "n": 3}, None)
    assert StatementRunner(analyst_url).run(UUID(int=1), text).rows == [(hostile, [hostile], 3)]
