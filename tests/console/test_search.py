"""The search box finds what a person may see, and where it leads."""

from datetime import timedelta

from dashboards.console.search.found import TOKEN_ROWS_MAX
from dashboards.console.warehouse import Rows
from desk.accounts import Role
from tests.console.scene import NOW, Scene
from tests.console.specimen import shown

TOKENS = ("entity", "token", "account", "last_account", "last_payment", "payments", "last_at")


def scene(roles: tuple[Role, ...] = tuple(Role), accounts: tuple[str, ...] | None = None) -> Scene:
    """A warehouse with a payment, a card, a merchant and a rule."""
    made = Scene(roles, accounts, shown())
    answers = made.warehouse.answers
    answers["search/tokens"] = Rows(TOKENS, [
        ("payment", "pay/1", "shop", "shop", "pay/1", 1, NOW),
        ("card", "pay_card", "", "shop", "pay/9", 12, NOW),
    ])  # fmt: skip
    answers["search/merchants"] = Rows(("merchant_id", "decisions"), [("payless", 40)])
    answers["search/rules"] = Rows(("rule",), [("pay_velocity",)])
    return made


def test_everything_that_begins_so_is_found_in_groups() -> None:
    text = scene().client.get("/search/results?q=pay").text
    for name in ("Pages", "Payments", "Cards, customers, devices", "Merchants", "Rules"):
        assert f'aria-label="{name}"' in text
    assert 'href="/payments/payment?account=shop&amp;id=pay%2F1"' in text
    assert 'href="/payments/payment?account=shop&amp;id=pay%2F9"' in text
    assert 'href="/payments?merchant=payless&amp;within=7d"' in text
    assert "Card, 12 payments" in text
    assert "40 decisions in 7 days" in text


def test_of_a_token_with_more_payments_than_are_looked_at_the_least_number_is_told() -> None:
    made = scene()
    made.warehouse.answers["search/tokens"] = Rows(
        (*TOKENS, "rows_read"), [("card", "pay_card", "", "shop", "pay/9", 19_000, NOW, TOKEN_ROWS_MAX)]
    )
    assert "Card, at least 19,000 payments" in made.client.get("/search/results?q=pay").text


def test_the_whole_id_of_a_payment_leads_to_it() -> None:
    answer = scene().client.get("/search", params={"q": " pay/1 "})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/payments/payment?account=shop&id=pay%2F1"


def test_the_warehouse_is_asked_within_the_merchant_accounts_and_from_three_characters_on() -> None:
    made = scene(accounts=("shop",))
    made.client.get("/search/results?q=pa")
    assert not made.warehouse.asked_for
    made.client.get("/search/results?q=pay")
    assert made.warehouse.asked_for
    assert {asked[2] for asked in made.warehouse.asked_for} == {frozenset({"shop"})}


def test_who_may_not_see_tokens_is_given_payments_alone() -> None:
    made = scene((Role.VIEWER,))
    made.client.get("/search/results?q=4242")
    asked = {name: parameters for name, parameters, _ in made.warehouse.asked_for}
    assert asked["search/tokens"]["with_tokens"] == 0
    assert "search/last_four" not in asked


def test_four_characters_are_looked_for_at_the_end_of_cards_of_a_week() -> None:
    made = scene()
    made.warehouse.answers["search/last_four"] = Rows(
        ("entity", "token", "last_account", "last_payment", "payments", "last_at"),
        [("card", "card_4242", "shop", "pay/3", 2, NOW)],
    )
    text = made.client.get("/search/results?q=4242").text
    assert "card_4242" in text
    asked = {name: parameters for name, parameters, _ in made.warehouse.asked_for}
    assert asked["search/last_four"]["since"] == NOW - timedelta(days=7)


def test_whoever_has_no_merchant_account_finds_pages_alone() -> None:
    made = scene(accounts=())
    text = made.client.get("/search/results?q=payments").text
    assert 'aria-label="Pages"' in text
    assert 'aria-label="Payments"' not in text


def test_nothing_found_says_how_to_search() -> None:
    made = Scene(shown=[])
    assert "Nothing begins with “xyzzy”" in made.client.get("/search/results?q=xyzzy").text
    assert "Nothing was found" in made.client.get("/search?q=xyzzy").text
