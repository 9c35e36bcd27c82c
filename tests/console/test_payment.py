"""Payment: the story, its parts, and what only the log knows."""

import threading
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from dashboards.console.pages.payment import payment_address
from dashboards.console.pages.payment.features_in_words import in_words
from dashboards.console.pages.payment.graph import HEIGHT, LINKED_MAX, NODES_MAX, WIDTH, payment_graph
from dashboards.console.pages.payment.habit import comparisons
from dashboards.console.pages.payment.insight import AT_ONCE_MAX, WAITING_MAX, NotKnown, PaymentInsight
from dashboards.console.pages.payment.story import TOKENS, reasons_of, tokens_of
from dashboards.console.pages.payments import PAGE
from dashboards.console.warehouse import WarehouseDown
from desk.accounts import Role
from features.catalogue import CATALOGUE
from models.messages import Verdict
from models.policy import Counterfactual
from streams.errors import Misconfigured
from streams.inspect import RescoredVerdict
from tests.console.payment_rows import (
    DECISION,
    DISPUTE,
    EVENT,
    HABIT,
    LABEL,
    LINKED,
    MESSAGE,
    REVIEW,
    RULE,
    SCRIPT,
    rows,
    scripted,
)  # fmt: skip
from tests.console.scene import Scene

HERE = payment_address("acme", "order-1")
PARTS = ("timeline", "habit", "linked", "features")
ANSWERS = {
    "decisions": DECISION,
    "message": MESSAGE,
    "rules": RULE,
    "labels": LABEL,
    "disputes": DISPUTE,
    "reviews": REVIEW,
    "timeline": EVENT,
    "habit": HABIT,
    "seen_before": {"kind": "device", "payments": 3},
    "linked": LINKED,
    "standing_labels": {"merchant_account": "acme", "payment_id": "order-2", "stands": "fraud"},
}


def scene(**options: Any) -> Scene:
    made = Scene(shown=[PAGE], **options)
    for name, row in ANSWERS.items():
        made.warehouse.answers[f"payment/{name}"] = rows(row)
    return made


def test_the_page_tells_the_story() -> None:
    page = scene().client.get(HERE)
    assert page.status_code == 200
    for text in (
        "560.00",
        "a rule that blocks",
        "Six payments in an hour",
        "card_payment_count_1h &gt; 5",
        "The device is new or unknown",
        "label: fraud",
        "What counts:",
        "by a chargeback",
        "10.4",
        "seen before",
        "87.10 %",
        "Captured",
        "3 items",
    ):
        assert text in page.text, text


@pytest.mark.parametrize("part", ["habit", "linked", "timeline"])
def test_each_part_comes_on_its_own(part: str) -> None:
    answer = scene().client.get(payment_address("acme", "order-1", part))
    assert answer.status_code == 200
    assert "<html" not in answer.text


def test_a_part_that_fails_takes_nothing_from_the_page() -> None:
    made = scene()
    made.warehouse.answers["payment/habit"] = WarehouseDown("not there")
    assert made.client.get(HERE).status_code == 200
    assert made.client.get(payment_address("acme", "order-1", "habit")).status_code == 503


@pytest.mark.parametrize("part", ["", "timeline", "habit", "linked"])
def test_everything_is_asked_within_the_accounts_of_the_person(part: str) -> None:
    made = scene(accounts=["acme", "bakery"])
    made.client.get(payment_address("acme", "order-1", part))
    assert made.warehouse.asked_for
    assert {scope for _, _, scope in made.warehouse.asked_for} == {frozenset({"acme", "bakery"})}


@pytest.mark.parametrize("part", ["", *PARTS])
def test_a_person_of_no_account_sees_nothing(part: str) -> None:
    assert scene(accounts=[]).client.get(payment_address("acme", "order-1", part)).status_code == 403


@pytest.mark.parametrize("part", ["", *PARTS])
def test_a_payment_that_may_not_be_seen_is_not_there(part: str) -> None:
    made = scene()
    made.warehouse.answers["payment/decisions"] = rows()
    made.warehouse.answers["payment/timeline"] = rows()
    assert made.client.get(payment_address("acme", "order-1", part)).status_code == 404


def test_an_id_of_two_accounts_lets_one_choose() -> None:
    made = scene()
    made.warehouse.answers["payment/decisions"] = rows(DECISION, DECISION | {"merchant_account": "bakery"})
    page = made.client.get("/payments/payment?id=order-1")
    assert page.status_code == 200
    assert "account=bakery" in page.text


def test_a_payment_that_was_refused_says_why() -> None:
    made = scene()
    made.warehouse.answers["payment/decisions"] = rows()
    made.warehouse.answers["payment/timeline"] = rows(
        EVENT | {"event": "refusal", "what": "stale", "detail": "older than the horizon"}
    )
    assert "older than the horizon" in made.client.get(HERE).text


def test_texts_of_others_are_text() -> None:
    made = scene()
    for name, row in ANSWERS.items():
        made.warehouse.answers[f"payment/{name}"] = rows(scripted(row, "kind", "shared"))
    made.app.state.payment_insight = Insight()
    for part in ("", *PARTS):
        answer = made.client.get(payment_address("acme", "order-1", part))
        assert answer.status_code == 200, part
        assert SCRIPT not in answer.text, part
    for part, fields in (("why-not", {"wanted": SCRIPT}), ("what-if", {"name": [SCRIPT], "value": ["1"]})):
        answer = made.post(payment_address("acme", "order-1", part), fields)
        assert answer.status_code == 200
        assert SCRIPT not in answer.text


def test_an_id_with_anything_in_it_has_an_address() -> None:
    made = scene()
    made.client.get(payment_address("a/b?c", "id&x=1/../#"))
    _, parameters, _ = made.warehouse.asked_for[0]
    assert (parameters["payment_id"], parameters["account"]) == ("id&x=1/../#", "a/b?c")


def test_tokens_are_masked_for_who_may_not_see_them() -> None:
    assert "tok_card_0001" in scene(roles=[Role.ANALYST]).client.get(HERE).text
    hidden = scene(roles=[Role.VIEWER])
    for part in ("", "timeline", "habit", "linked"):
        text = hidden.client.get(payment_address("acme", "order-1", part)).text
        assert not [token for token in tokens_of(DECISION).values() if token in text], part
    assert "…0001" in hidden.client.get(HERE).text


@pytest.mark.parametrize("part", ["features", "why-not", "what-if"])
def test_how_fraud_is_found_is_for_the_fraud_team(part: str) -> None:
    made = with_insight(Insight(), roles=[Role.VIEWER])
    address = payment_address("acme", "order-1", part)
    answer = (
        made.client.get(address)
        if part == "features"
        else made.post(address, {"name": ["amount"], "value": ["1"]})
    )
    assert answer.status_code == 403


def test_an_unknown_tab_is_not_there() -> None:
    made = scene()
    assert (
        made.client.get(payment_address("acme", "order-1", "timeline") + "&entity=email").status_code == 404
    )
    assert made.client.get(payment_address("acme", "order-1", "timeline") + "&entity=x").status_code == 404


def test_a_tab_asks_for_the_token_without_showing_it_in_the_address() -> None:
    made = scene()
    made.client.get(payment_address("acme", "order-1", "timeline") + "&entity=device")
    name, parameters, _ = made.warehouse.asked_for[-1]
    assert (name, parameters["token"], parameters["entity"]) == ("payment/timeline", "device-0009", "device")


def test_reasons_are_the_deciding_rule_then_rules_then_what_the_model_saw() -> None:
    decision = DECISION | {"hits": ["watched", "velocity"], "reasons": ["NEW_DEVICE", "velocity", "watched"]}
    assert [(each.code, each.is_rule, each.is_deciding) for each in reasons_of(decision, {"velocity":
    RULE})] == [
        ("velocity", True, True), ("watched", True, False), ("NEW_DEVICE", False, False),
    ]  # fmt: skip


def test_what_differs_from_the_habit_is_called_unusual() -> None:
    found = {each.name: each for each in comparisons(DECISION, HABIT, {"device": 3}, "customer")}
    assert (found["Amount"].tone, found["Amount"].here) == ("warning", "560.00 EUR, 18.7 times the usual")
    assert (found["Device"].tone, found["IP network"].tone, found["Merchant"].tone) == (
        "good",
        "warning",
        "warning",
    )


def test_few_payments_are_no_habit() -> None:
    found = comparisons(DECISION, HABIT | {"payments": 4}, {}, "customer")
    assert {each.tone for each in found} == {"neutral"}


def test_the_graph_has_at_most_fifty_nodes_and_says_what_it_hides() -> None:
    linked = [
        LINKED | {"payment_id": f"p-{number}", "linked": 900, "shared": ["card"]} for number in range(400)
    ]
    tokens = dict.fromkeys(TOKENS, "t")
    graph = payment_graph(DECISION, tokens, linked, {}, tokens)
    assert (len(graph.nodes), graph.hidden) == (NODES_MAX, 900 - LINKED_MAX)


def test_nodes_of_the_graph_do_not_cover_each_other_and_lie_inside() -> None:
    linked = [
        LINKED | {"payment_id": f"p-{number}", "linked": LINKED_MAX, "shared": [list(TOKENS)[number % 6]]}
        for number in range(LINKED_MAX)
    ]
    tokens = dict.fromkeys(TOKENS, "t")
    nodes = payment_graph(DECISION, tokens, linked, {}, tokens).nodes
    payments = [node for node in nodes if node.kind == "payment"]
    assert all(9 <= node.x <= WIDTH - 9 and 9 <= node.y <= HEIGHT - 9 for node in nodes)
    near = [
        (a, b)
        for a in payments
        for b in payments
        if a is not b and (a.x - b.x) ** 2 + (a.y - b.y) ** 2 < 20**2
    ]
    assert near == []


def test_a_count_that_the_longer_window_does_not_explain_stands_out() -> None:
    vector = [float("nan")] * len(CATALOGUE.names)
    for name, value in (
        ("card_payment_count_1h", 6.0), ("card_payment_count_24h", 6.0), ("card_payment_count_90d", 90.0),
    ):  # fmt: skip
        vector[CATALOGUE.names.index(name)] = value
    found = {each.name: each for each in in_words(CATALOGUE, vector)}
    assert found["card_payment_count_1h"].stands_out
    assert not found["card_payment_count_90d"].stands_out
    assert found["card_payment_count_24h"].text == "6 payments by this card in the last 24 hours"
    assert found["card_payment_count_24h"].usually == "usually 1"
    assert found["card_payment_count_24h"].by == "by the last 90 days"


class Insight(PaymentInsight):
    """Answers without a log."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__(None, "live")
        self.failure = failure
        self.asked: list[tuple[str, object]] = []

    def _answer(self, name: str, content: Any, given: Any = None) -> Any:
        self.asked.append((name, given))
        if self.failure:
            raise self.failure
        return content

    def features(self, decision: Any) -> Any:  # noqa: ARG002
        vector = [float("nan")] * len(CATALOGUE.names)
        vector[CATALOGUE.names.index("card_payment_count_1h")] = 6
        return self._answer("features", in_words(CATALOGUE, vector))

    def why_not(self, decision: Any, wanted: Any) -> Any:  # noqa: ARG002
        change: Any = SimpleNamespace(words=lambda: "amount were 4 instead of 6")
        answer = Counterfactual(Verdict.DECLINE, Verdict.APPROVE, (change,), ("velocity",), (), 12)
        return self._answer("why-not", answer, wanted)

    def what_if(self, decision: Any, changes: Any) -> Any:  # noqa: ARG002
        answer = RescoredVerdict(Verdict.DECLINE, Verdict.APPROVE, 0.5, 0.01, True, ("velocity",), ())
        return self._answer("what-if", answer, changes)


def with_insight(insight: Insight, **options: Any) -> Scene:
    made = scene(**options)
    made.app.state.payment_insight = insight
    return made


def test_features_are_told_in_words() -> None:
    answer = with_insight(Insight()).client.get(payment_address("acme", "order-1", "features"))
    assert "6 payments by this card in the last hour" in answer.text
    assert "The payment came without a device: nothing is known of it" in answer.text


def test_what_would_change_the_verdict_is_told() -> None:
    insight = Insight()
    answer = with_insight(insight).post(payment_address("acme", "order-1", "why-not"), {"wanted": "approve"})
    assert "amount were 4 instead of 6" in answer.text
    assert insight.asked == [("why-not", Verdict.APPROVE)]


def test_what_if_scores_again_with_the_changes_that_were_written() -> None:
    insight = Insight()
    fields = {"name": ["amount", "card_payment_count_1h"], "value": ["12.50", "2"]}
    answer = with_insight(insight).post(payment_address("acme", "order-1", "what-if"), fields)
    assert insight.asked == [("what-if", {"amount": 1250.0, "card_payment_count_1h": 2.0})]
    assert "50.00 % → 1.00 %" in answer.text


@pytest.mark.parametrize(
    ("name", "value"), [("amount", "lots"), ("amount", "inf"), ("probability", "2"), ("", "")]
)
def test_a_change_that_cannot_be_read_is_refused_in_words(name: str, value: str) -> None:
    insight = Insight()
    answer = with_insight(insight).post(
        payment_address("acme", "order-1", "what-if"), {"name": [name], "value": [value]}
    )
    assert (answer.status_code, insight.asked) == (200, [])
    assert "number" in answer.text


@pytest.mark.parametrize(
    ("part", "fields", "status"),
    [
        ("what-if", {"name": ["x" * 101], "value": ["1"]}, 422),
        ("what-if", {"name": ["amount"], "value": ["9" * 31]}, 422),
        ("what-if", {"name": ["amount"] * 11, "value": ["1"] * 11}, 422),
        ("what-if", {"name": ["amount\0"], "value": ["1"]}, 400),
        ("why-not", {"wanted": "x" * 1_100_000}, 413),
    ],
)
def test_texts_beyond_their_length_are_not_read(part: str, fields: dict[str, Any], status: int) -> None:
    insight = Insight()
    answer = with_insight(insight).post(payment_address("acme", "order-1", part), fields)
    assert (answer.status_code, insight.asked) == (status, [])


@pytest.mark.parametrize("part", ["features", "why-not", "what-if"])
def test_what_the_log_does_not_know_is_said(part: str) -> None:
    made = with_insight(Insight(NotKnown("the vector is gone")))
    address = payment_address("acme", "order-1", part)
    fields = {"wanted": "", "name": ["amount"], "value": ["1"]}
    answer = made.client.get(address) if part == "features" else made.post(address, fields)
    assert (answer.status_code, "the vector is gone" in answer.text) == (200, True)


@pytest.mark.parametrize("part", ["why-not", "what-if"])
def test_computing_needs_a_form_of_ours(part: str) -> None:
    address = payment_address("acme", "order-1", part)
    answer = with_insight(Insight()).client.post(address, data={"wanted": "", "name": "amount", "value": "1"})
    assert answer.status_code == 403


def test_without_a_log_the_console_says_so() -> None:
    with pytest.raises(NotKnown, match="cannot be reached"):
        PaymentInsight(None, "live").features(DECISION)


class Slow(PaymentInsight):
    """Computes until it is let go."""

    def __init__(self, **options: Any) -> None:
        super().__init__(SimpleNamespace(), "live", **options)  # type: ignore[arg-type]
        self.let_go = threading.Event()

    def _features(self, decision: Any) -> Any:  # noqa: ARG002
        self.let_go.wait(60)
        raise Misconfigured("no longer on the log")


def test_an_answer_is_waited_for_a_bounded_time_and_places_are_bounded() -> None:
    slow = Slow(answer_max_s=0.01)
    told = []
    for _ in range(AT_ONCE_MAX + WAITING_MAX + 1):
        with pytest.raises(NotKnown) as refused:
            slow.features(DECISION)
        told.append(str(refused.value))
    assert all("longer than" in words for words in told[:AT_ONCE_MAX])
    slow.let_go.set()
    slow.close()


def test_more_questions_than_places_are_refused_in_words() -> None:
    slow = Slow(answer_max_s=30)
    refused: list[str] = []

    def ask() -> None:
        with pytest.raises(NotKnown) as failure:
            slow.features(DECISION)
        refused.append(str(failure.value))
        if "more wait" in refused[-1]:
            slow.let_go.set()

    threads = [threading.Thread(target=ask) for _ in range(AT_ONCE_MAX + WAITING_MAX + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum("more wait" in words for words in refused) == 1
    assert sum("no longer on the log" in words for words in refused) == AT_ONCE_MAX + WAITING_MAX
    slow.close()


def test_what_fails_in_the_log_is_told_as_it_is() -> None:
    failing = Slow()
    failing.let_go.set()
    with pytest.raises(NotKnown, match="no longer on the log"):
        failing.features(DECISION)
    failing.close()


def test_tokens_that_a_payment_came_without_have_no_tab() -> None:
    assert list(tokens_of(DECISION)) == ["card", "customer", "device", "ip"]


def test_a_link_to_explore_holds_the_query_with_its_values() -> None:
    page = scene().client.get(HERE).text
    assert quote("payment_id = 'order-1'", safe="").replace("%20", "+") in page
