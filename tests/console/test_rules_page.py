"""The Rules page: who may do what, what is shown, and how a change goes live."""

from datetime import timedelta
from uuid import UUID

import pytest

from dashboards.console.pages.rules.taking_up import TakingUp, taking_up
from dashboards.console.warehouse import Rows
from desk.accounts import Role
from desk.audit import AuditFilter, AuditTrail
from desk.changes import Changes, ProposalState
from desk.database import DeskDatabase
from models.rules import read_ruleset, ruleset_text
from models.versions import content_version
from streams.errors import Outage
from tests.console.backtest_result import backtest_result
from tests.console.rules_scene import COLUMNS, FIGURES, RULES, VERSION, RulesScene, logged, proposal
from tests.console.scene import NOW
from tests.desk.changes_scene import Somebody

TEXT = ruleset_text(RULES)
CHANGED = TEXT.replace("score: 40", "score: 90")
ATTACK = "<script>alert(1)</script>"


@pytest.fixture
def changes(desk_database: DeskDatabase) -> Changes:
    return Changes(desk_database, AuditTrail(lambda: NOW), lambda: NOW)


@pytest.fixture
def author(changes: Changes) -> RulesScene:
    return RulesScene(changes, [Role.RULE_AUTHOR])


@pytest.fixture
def approver(changes: Changes) -> RulesScene:
    return RulesScene(changes, [Role.APPROVER])


def proposed(scene: RulesScene, text: str = CHANGED, reason: str = "an attack") -> str:
    answer = scene.post("/rules/propose", {"text": text, "base": VERSION, "reason": reason})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_each_rule_is_shown_with_its_figures(author: RulesScene) -> None:
    page = author.client.get("/rules").text
    assert "Large amounts" in page
    assert "12,345.00" in page
    assert "8.0 %" in page
    assert "1.23 %" in page
    assert ">shadow<" in page


def test_a_rate_of_a_rule_states_how_many_hits_have_a_known_truth(author: RulesScene) -> None:
    page = author.client.get("/rules").text
    assert "of 100 known" in page
    assert "20 unknown" in page
    assert "of 8,100 good known" in page
    few = ("big", 120, 1_234_500, 3, 2, 1, 0.66, 0.0, 40, 117, 8_100)
    author.warehouse.answers["rules/figures"] = Rows(FIGURES, [few])
    page = author.client.get("/rules").text
    assert "too few known" in page
    assert "66.0 %" not in page


def test_a_rule_on_trial_states_how_many_hits_have_a_known_truth(author: RulesScene) -> None:
    columns = (
        "rule", "payments", "reference_amount", "approved", "declined", "fraud", "fraud_missed",
        "fraud_missed_reference_amount", "legitimate", "unknown", "precision",
    )  # fmt: skip
    row = ("abroad", 391, 1_000, 300, 9, 5, 4, 900, 0, 386, 1.0)
    author.warehouse.answers["rules/shadow"] = Rows(columns, [row])
    page = author.client.get("/rules/shadow").text
    assert "too few known" in page
    assert "386 unknown" in page
    assert "100.0 %" not in page


def test_the_rules_page_says_what_it_counts(author: RulesScene) -> None:
    page = author.client.get("/rules?days=7").text
    for said in ("as they were decided live", "The last 7 days by engine time", "Why a backtest differs"):
        assert said in page


def test_the_hits_of_a_rule_lead_to_its_payments(author: RulesScene) -> None:
    assert 'href="/payments?rule=big&amp;within=30d"' in author.client.get("/rules").text


def test_a_rule_that_was_searched_for_is_marked(author: RulesScene) -> None:
    page = author.client.get("/rules?rule=abroad").text
    assert '<tr id="rule-abroad" class="asked" aria-current="true">' in page
    assert '<tr id="rule-big">' in page
    assert "No rule gone is in effect" in author.client.get("/rules?rule=gone").text


def test_without_a_ruleset_the_page_says_what_to_do(author: RulesScene) -> None:
    author.warehouse.answers["rules/in_effect"] = Rows(COLUMNS, [])
    assert "No ruleset is in effect" in author.client.get("/rules").text


def test_somebody_who_sees_some_merchants_only_is_refused(changes: Changes) -> None:
    scene = RulesScene(changes, accounts=["acme"])
    for path in ("/rules", "/rules/edit", "/rules/proposals", "/rules/history", "/rules/shadow"):
        assert scene.client.get(path).status_code == 403
    assert not scene.warehouse.asked_for
    assert scene.post("/rules/propose", {"text": CHANGED, "reason": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/rules/check", Role.APPROVER), ("/rules/propose", Role.ANALYST), ("/rules/discard", Role.REVIEWER),
        ("/rules/field", Role.APPROVER), ("/rules/backtests", Role.VIEWER),
        (f"/rules/history/{VERSION}/rollback", Role.APPROVER),
        (f"/rules/proposals/{UUID(int=7)}/approve", Role.RULE_AUTHOR),
        (f"/rules/proposals/{UUID(int=7)}/publish", Role.RULE_AUTHOR),
        (f"/rules/proposals/{UUID(int=7)}/reject", Role.ADMIN),
        (f"/rules/proposals/{UUID(int=7)}/withdraw", Role.APPROVER),
    ],
)  # fmt: skip
def test_an_action_is_for_its_roles(changes: Changes, path: str, role: Role) -> None:
    scene = RulesScene(changes, [role])
    fields = {"text": CHANGED, "reason": "x", "number": 0, "version": VERSION, "field": "mode"}
    assert scene.post(path, fields).status_code == 403
    assert changes.proposals("live") == []


def test_a_check_says_line_and_column_and_keeps_the_draft(author: RulesScene) -> None:
    wrong = TEXT.replace("amount > 100", "amuont > 100")
    part = author.post("/rules/check", {"text": wrong}).text
    assert "Line 7:" in part
    assert "amuont" in part
    assert "Your draft" in author.client.get("/rules/edit").text
    assert "amuont" in author.client.get("/rules/edit").text


def test_a_check_says_the_cost_and_what_changes(author: RulesScene) -> None:
    part = author.post("/rules/check", {"text": CHANGED}).text
    assert "units of work a payment" in part
    assert "score: 40 -&gt; 90" in part


def test_a_changed_ruleset_is_approved_by_another_person_and_published(
    author: RulesScene, approver: RulesScene, changes: Changes
) -> None:
    place = proposed(author)
    page = approver.client.get(place).text
    (waiting,) = changes.proposals("live")
    assert waiting.document_sha256 in page
    fields = {"sha256": waiting.document_sha256, "seen_live": VERSION, "note": "agreed"}
    assert approver.post(f"{place}/approve", fields).status_code == 303
    (found,) = changes.proposals("live")
    assert found.state is ProposalState.PUBLISHED
    assert [one.content for one in approver.published] == [read_ruleset(CHANGED).document]
    assert "offset 0" in approver.client.get(place).text


def test_approving_says_that_it_publishes_and_asks_once_more(
    author: RulesScene, approver: RulesScene
) -> None:
    place = proposed(author)
    page = approver.client.get(place).text
    assert "To approve is to publish" in page
    assert "every payment read after it, none that was decided before" in page
    assert "there is no backtest of it" in page
    assert page.index("<button disabled hidden>") < page.index("Yes, publish now")
    approver.backtests.asked.append(({}, None, 30))
    approver.backtests.result = backtest_result(NOW)
    assert "there is no backtest of it" not in approver.client.get(place).text


def test_what_a_published_proposal_changed_stays_on_its_page_and_in_history(
    author: RulesScene, approver: RulesScene, changes: Changes
) -> None:
    place, changed = proposed(author), "score: 40 -&gt; 90"
    (waiting,) = changes.proposals("live")
    approver.post(f"{place}/approve", {"sha256": waiting.document_sha256, "seen_live": VERSION})
    now_live = waiting.content
    approver.warehouse.answers |= {
        "rules/in_effect": Rows(COLUMNS, [logged(now_live)]),
        "rules/of_version": Rows(COLUMNS, [logged(now_live)]),
        "rules/before": Rows(COLUMNS, [logged(RULES)]),
    }
    page = approver.client.get(place).text
    assert changed in page
    assert f"as it was decided, against {VERSION}" in page
    history = approver.client.get(f"/rules/history/{waiting.version}").text
    assert changed in history
    assert f'href="{place}"' in history


def test_a_proposal_rejected_before_differences_were_kept_is_compared_with_what_was_live_then(
    author: RulesScene, changes: Changes
) -> None:
    place = proposed(author)
    (waiting,) = changes.proposals("live")
    changes.reject(Somebody(UUID(int=7), "another"), waiting.proposal_id, "no")
    author.warehouse.answers["rules/of_version"] = Rows(COLUMNS, [logged(RULES)])
    assert "score: 40 -&gt; 90" in author.client.get(place).text


def test_the_author_cannot_approve_even_with_the_role(changes: Changes) -> None:
    scene = RulesScene(changes, [Role.RULE_AUTHOR, Role.APPROVER])
    place = proposed(scene)
    (waiting,) = changes.proposals("live")
    fields = {"sha256": waiting.document_sha256, "seen_live": VERSION}
    answer = scene.post(f"{place}/approve", fields)
    assert answer.status_code == 409
    assert "another person has to approve" in answer.text
    assert scene.published == []


def test_who_approves_after_another_ruleset_went_live_has_to_look_again(
    author: RulesScene, approver: RulesScene, changes: Changes
) -> None:
    place = proposed(author)
    approver.judge.live = "0123456789abcdef"
    (waiting,) = changes.proposals("live")
    answer = approver.post(f"{place}/approve", {"sha256": waiting.document_sha256, "seen_live": VERSION})
    assert answer.status_code == 409
    assert "went live since" in answer.text


def test_where_the_log_is_away_the_page_says_so_and_publishes_later(
    author: RulesScene, approver: RulesScene, changes: Changes
) -> None:
    place = proposed(author)
    (waiting,) = changes.proposals("live")
    real = approver.desk.publisher

    def away(_: object) -> int:
        raise Outage("Kafka does not answer")

    object.__setattr__(approver.desk, "publisher", away)
    answer = approver.post(f"{place}/approve", {"sha256": waiting.document_sha256, "seen_live": VERSION})
    assert answer.status_code == 503
    assert "Kafka does not answer" in answer.text
    object.__setattr__(approver.desk, "publisher", real)
    assert approver.post(f"{place}/publish", {}).status_code == 303
    assert changes.proposals("live")[0].state is ProposalState.PUBLISHED


def test_a_proposal_is_rejected_with_a_note_or_withdrawn(
    author: RulesScene, approver: RulesScene, changes: Changes
) -> None:
    place = proposed(author)
    assert approver.post(f"{place}/reject", {"note": ""}).status_code == 409
    assert approver.post(f"{place}/reject", {"note": "too wide"}).status_code == 303
    again = proposed(author)
    assert author.post(f"{again}/withdraw", {}).status_code == 303
    assert {one.state for one in changes.proposals("live")} == {
        ProposalState.REJECTED, ProposalState.WITHDRAWN,
    }  # fmt: skip


def test_what_cannot_be_used_is_not_proposed(author: RulesScene, changes: Changes) -> None:
    answer = author.post("/rules/propose", {"text": "name: [", "base": VERSION, "reason": "x"})
    assert answer.status_code == 422
    assert "Not proposed" in answer.text
    assert author.post("/rules/propose", {"text": CHANGED, "base": VERSION, "reason": ""}).status_code == 422
    assert author.post("/rules/propose", {"text": TEXT, "base": VERSION, "reason": "x"}).status_code == 422
    assert changes.proposals("live") == []


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [("mode", "off", "off"), ("mode", "shadow", "shadow"), ("sample", "10", 0.1), ("sample", "0.5", 0.005)],
)
def test_a_rule_is_paused_or_rolled_out_by_a_proposal(
    author: RulesScene, changes: Changes, field: str, value: str, expected: object
) -> None:
    fields = {"number": 0, "version": VERSION, "field": field, "value": value, "reason": "noisy"}
    assert author.post("/rules/field", fields).status_code == 303
    (waiting,) = changes.proposals("live")
    assert waiting.content["rules"][0][field] == expected
    assert waiting.content["rules"][1] == RULES["rules"][1]


@pytest.mark.parametrize(
    "changed", [{"value": "101", "field": "sample"}, {"value": "-1", "field": "sample"},
                {"value": "x", "field": "sample"}, {"value": "on", "field": "mode"},
                {"version": "other"}, {"number": 7}, {"reason": ""}],
)  # fmt: skip
def test_what_makes_no_sense_is_not_proposed(
    author: RulesScene, changes: Changes, changed: dict[str, object]
) -> None:
    fields = {"number": 0, "version": VERSION, "field": "mode", "value": "off", "reason": "noisy"}
    assert author.post("/rules/field", fields | changed).status_code == 409
    assert changes.proposals("live") == []


def test_an_earlier_ruleset_is_proposed_again(author: RulesScene, changes: Changes) -> None:
    page = author.client.get("/rules/history/0123").text
    assert "Propose to go back" in page
    answer = author.post("/rules/history/0123/rollback", {"reason": "it worked better"})
    assert answer.status_code == 303
    assert changes.proposals("live")[0].content["rules"] == []


def test_what_people_wrote_is_text_everywhere(
    author: RulesScene, approver: RulesScene, changes: Changes
) -> None:
    hostile = CHANGED.replace("Large amounts", ATTACK).replace("name: shop", f"name: '{ATTACK}'")
    place = proposed(author, hostile, ATTACK)
    document = {**RULES, "name": ATTACK, "rules": [{**RULES["rules"][0], "description": ATTACK}]}
    approver.warehouse.answers["rules/in_effect"] = Rows(COLUMNS, [logged(document, ATTACK)])
    approver.post(f"{place}/reject", {"note": ATTACK})
    assert changes.proposals("live")[0].note == ATTACK
    for path in ("/rules", "/rules/proposals", place, "/rules/history/0123"):
        assert ATTACK not in approver.client.get(path).text, path
    author.post("/rules/check", {"text": f"{hostile}</textarea>{ATTACK}"})
    assert ATTACK not in author.client.get("/rules/edit").text
    assert ATTACK not in author.post("/rules/check", {"text": f"{ATTACK}: 1"}).text


def test_each_step_is_in_the_audit_trail(
    author: RulesScene, approver: RulesScene, changes: Changes, desk_database: DeskDatabase
) -> None:
    place = proposed(author)
    (waiting,) = changes.proposals("live")
    approver.post(f"{place}/approve", {"sha256": waiting.document_sha256, "seen_live": VERSION})
    with desk_database.transaction() as connection:
        entries = AuditTrail(lambda: NOW).entries(connection, AuditFilter())
    assert [entry.action for entry in entries] == [
        "ruleset_published",
        "ruleset_approved",
        "ruleset_proposed",
    ]


def test_a_proposal_of_nobody_is_not_found(approver: RulesScene) -> None:
    assert approver.client.get(f"/rules/proposals/{UUID(int=7)}").status_code == 404
    assert approver.client.get("/rules/proposals/1").status_code == 422


def test_the_editor_suggests_columns_fields_and_words_of_conditions(author: RulesScene) -> None:
    words = {each["label"]: each["detail"] for each in author.client.get("/rules/words").json()}
    assert words["bin_prepaid"] == "yes or no"
    assert words["put_on_list"] == words["from"] == "of a rule"
    assert {"starts_with", "is missing", "between"} <= set(words)
    assert words["eurozone"] == "countries"


def test_the_editor_is_a_text_area_without_its_script(author: RulesScene) -> None:
    page = author.client.get("/rules/edit").text
    assert 'hx-post="/rules/check"' in page
    assert "vendor/editor.js" in page
    assert "vendor/editor.js" not in author.client.get("/rules").text
    assert "<textarea" in page


def approving(changes: Changes, **more: str) -> dict[str, str]:
    (waiting,) = changes.proposals("live")
    return {"sha256": waiting.document_sha256, "seen_live": VERSION, **more}


def test_a_backtest_of_another_text_is_not_shown_to_who_approves(
    author: RulesScene, approver: RulesScene, changes: Changes
) -> None:
    place = proposed(author)
    approver.backtests.result = backtest_result(NOW)
    approver.backtests.asked.append((RULES, None, 30))
    approver.backtests.version = VERSION
    page = approver.client.get(place).text
    assert "Nobody has tried this ruleset" in page
    answer = approver.post(f"{place}/approve", approving(changes, backtest_id=str(UUID(int=9))))
    assert answer.status_code == 409
    assert "is of another text" in answer.text
    assert approver.published == []


def test_a_backtest_against_a_ruleset_that_is_not_live_any_more_says_so_and_approves_nothing(
    author: RulesScene, approver: RulesScene, changes: Changes
) -> None:
    place = proposed(author)
    approver.backtests.result = backtest_result(NOW)
    approver.backtests.asked.append((read_ruleset(CHANGED).document, None, 30))
    approver.backtests.base_version = "0123"
    assert "Another ruleset went live since this backtest" in approver.client.get(place).text
    answer = approver.post(f"{place}/approve", approving(changes, backtest_id=str(UUID(int=9))))
    assert answer.status_code == 409
    assert "not live" in answer.text


def test_the_backtest_by_which_somebody_approved_is_in_the_audit_trail(
    author: RulesScene, approver: RulesScene, changes: Changes, desk_database: DeskDatabase
) -> None:
    place = proposed(author)
    approver.backtests.result = backtest_result(NOW)
    approver.backtests.asked.append((read_ruleset(CHANGED).document, None, 30))
    assert f'name="backtest_id" value="{UUID(int=9)}"' in approver.client.get(place).text
    fields = approving(changes, backtest_id=str(UUID(int=9)))
    assert approver.post(f"{place}/approve", fields).status_code == 303
    with desk_database.transaction() as connection:
        entries = AuditTrail(lambda: NOW).entries(connection, AuditFilter())
    (approved,) = [entry for entry in entries if entry.action == "ruleset_approved"]
    assert approved.detail["backtest"] == str(UUID(int=9))


def test_withdrawing_and_rejecting_ask_once_more(author: RulesScene, approver: RulesScene) -> None:
    place = proposed(author)
    mine, theirs = author.client.get(place).text, approver.client.get(place).text
    assert mine.index("Withdraw …</summary>") < mine.index("Yes, withdraw it")
    assert theirs.index("Reject …</summary>") < theirs.index("Yes, reject it")


def test_after_publishing_the_page_says_that_the_engine_takes_it_up(
    author: RulesScene, approver: RulesScene, changes: Changes
) -> None:
    place = proposed(author)
    live_before = logged(RULES)
    earlier = (*live_before[:1], NOW - timedelta(hours=3), *live_before[2:])
    approver.warehouse.answers["rules/in_effect"] = Rows(COLUMNS, [earlier])
    assert "takes it up" not in approver.client.get("/rules").text
    (waiting,) = changes.proposals("live")
    assert approver.post(f"{place}/approve", approving(changes)).status_code == 303
    for path in ("/rules", place, "/rules/proposals"):
        page = approver.client.get(path).text
        assert "the engine takes it up in seconds" in page, path
        assert 'hx-get="/rules/taken-up?waited=true"' in page
    still = approver.client.get("/rules/taken-up?waited=true")
    assert "hx-refresh" not in still.headers
    approver.warehouse.answers["rules/in_effect"] = Rows(COLUMNS, [logged(waiting.content)])
    assert approver.client.get("/rules/taken-up?waited=true").headers["hx-refresh"] == "true"
    assert "takes it up" not in approver.client.get("/rules").text


def test_what_the_log_does_not_confirm_for_long_is_said_and_not_asked_for_again() -> None:
    made = proposal(UUID(int=1), state=ProposalState.PUBLISHED, decided_at=NOW, published_at=NOW)
    assert taking_up([made], None, NOW + timedelta(seconds=5)) == TakingUp(made, False)
    assert taking_up([made], None, NOW + timedelta(minutes=3)) == TakingUp(made, True)
    assert taking_up([made], None, NOW + timedelta(hours=2)) is None


def test_a_list_that_nobody_filled_is_told_with_the_closest_one(author: RulesScene) -> None:
    author.warehouse.answers["lists/lists"] = Rows(("list",), [("blocked",)])
    text = CHANGED.replace("amount > 100", 'amount > 100 and card in list("blokced")')
    part = author.post("/rules/check", {"text": text}).text
    assert "Nobody ever put a value on the list blokced" in part
    assert "Did you mean blocked?" in part
    assert "Can go live" in part


def test_a_proposal_shows_every_field_of_a_new_rule(author: RulesScene, approver: RulesScene) -> None:
    new = """\
  - id: new
    description: d
    owner: o
    when: amount > 5
    action: block
    sample: 0.5
"""
    page = approver.client.get(proposed(author, f"{TEXT}{new}")).text
    for said in ("rule new: when: amount &gt; 5", "rule new: action: block", "rule new: sample: 0.5"):
        assert said in page


ONE_MORE = {
    "rule": "many_cards", "description": "Many cards: one device", "when": "amount > 5 EUR", "does": "block",
}  # fmt: skip


def test_a_rule_is_added_by_a_form_at_the_right_place_of_the_text(author: RulesScene) -> None:
    text = f"name: shop\nrules:{TEXT.partition('rules:')[2]}version: 2\n"
    answer = author.post("/rules/add", {"text": text, **ONE_MORE})
    place = answer.headers["hx-redirect"]
    assert place.startswith("/rules/edit?line=")
    page = author.client.get(place).text
    assert "Can go live" in page
    assert "rule many_cards: action: block" in page
    assert "rule many_cards: mode: shadow" in page
    assert f'data-lead="{place.rpartition("=")[2]}"' in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rule": "big"}, "is there twice"),
        ({"rule": "Many Cards"}, "small letters, digits and _"),
        ({"when": "amuont > 5"}, "did you mean &#39;amount&#39;"),
        ({"does": "score", "points": "many"}, "whole number from -100 to 100"),
        ({"text": "name: ["}, "mend the text first, line 1"),
        ({"description": ""}, "description"),
    ],
)
def test_a_rule_that_cannot_be_used_is_not_added(
    author: RulesScene, changed: dict[str, str], said: str
) -> None:
    answer = author.post("/rules/add", {"text": TEXT, **ONE_MORE, **changed})
    assert "hx-redirect" not in answer.headers
    assert said in answer.text
    assert "Not added" in answer.text
    assert "id: many_cards" not in author.client.get("/rules/edit").text


def test_a_rule_is_rolled_out_to_a_share_of_cards(author: RulesScene, changes: Changes) -> None:
    page = author.client.get("/rules").text
    assert 'aria-label="Pause big"' in page
    assert 'aria-label="Share of big"' in page
    fields = {"number": 0, "version": VERSION, "field": "sample", "value": "10", "reason": "slowly"}
    assert author.post("/rules/field", {**fields, "by": "card"}).status_code == 303
    (waiting,) = changes.proposals("live")
    assert (waiting.content["rules"][0]["sample"], waiting.content["rules"][0]["by"]) == (0.1, "card")
    author.warehouse.answers["rules/in_effect"] = Rows(COLUMNS, [logged(waiting.content)])
    assert "10 % of cards" in author.client.get("/rules").text


def test_a_rule_that_looks_at_everything_again_has_no_share_of_cards_left(
    author: RulesScene, changes: Changes
) -> None:
    some = {**RULES, "rules": [{**RULES["rules"][0], "sample": 0.1, "by": "card"}, RULES["rules"][1]]}
    author.warehouse.answers["rules/in_effect"] = Rows(COLUMNS, [logged(some)])
    fields = {"number": 0, "version": content_version(some), "field": "sample", "value": "100", "by": "card"}
    assert author.post("/rules/field", {**fields, "reason": "all"}).status_code == 303
    (waiting,) = changes.proposals("live")
    assert waiting.content == RULES


def test_a_text_begun_before_a_colleagues_ruleset_went_live_is_proposed_only_when_asked_twice(
    author: RulesScene,
) -> None:
    author.post("/rules/check", {"text": CHANGED, "base": VERSION})
    theirs = {**RULES, "rules": [*RULES["rules"], {**RULES["rules"][0], "id": "theirs"}]}
    author.warehouse.answers["rules/in_effect"] = Rows(COLUMNS, [logged(theirs)])
    newer = content_version(theirs)
    began = {"text": CHANGED, "base": VERSION, "reason": "an attack"}
    for said in (author.client.get("/rules/edit").text, author.post("/rules/check", began).text):
        assert f"Another ruleset went live since this text was begun: {newer}" in said
        assert "rule theirs" in said
    refused = author.post("/rules/propose", began)
    assert refused.status_code == 422
    assert f"{newer} of" in refused.text
    assert "rule theirs" in refused.text
    assert f'name="base" value="{newer}"' in refused.text
    assert author.post("/rules/propose", {**began, "base": newer}).status_code == 303


def test_the_text_of_a_rejected_proposal_is_edited_again(author: RulesScene, approver: RulesScene) -> None:
    place = proposed(author)
    assert "Edit it again" not in author.client.get(place).text
    assert approver.post(f"{place}/reject", {"note": "too wide"}).status_code == 303
    assert "Edit it again" in author.client.get(place).text
    assert approver.post(f"{place}/edit-again", {}).status_code == 403
    assert author.post(f"{place}/edit-again", {}).headers["location"] == "/rules/edit"
    page = author.client.get("/rules/edit").text
    assert "Your draft" in page
    assert "Another ruleset went live" not in page
    assert "big: score: 40 -&gt; 90" in page
