"""Three things that people do in the console, and what the engine decides after each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from desk.accounts import Role
from tests.console.hostile.visitor import PASSWORD, Guests
from tests.console.walkthrough.shop import PATIENCE_S, Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

WAIT_MS: Final = PATIENCE_S * 1000
RULES: Final = """
  - id: walk_{run}_waits
    description: Payments at the shop of the walkthrough wait for a person
    owner: fraud-team
    when: merchant_id == "waits-{run}"
    score: 60
  - id: walk_{run}_known_fraud
    description: Cards of the walkthrough that are known for fraud
    owner: fraud-team
    when: merchant_id == "after-{run}" and card_frauds_learned_lifetime > 0
    set_score: 100"""


@dataclass
class Console:
    """The console as several people have it open, each in a browser of their own."""

    address: str
    guests: Guests
    window: Callable[[], "Page"]

    def signed_in(self, *roles: Role) -> "Page":
        """A window of somebody new, who came in by the form."""
        name, page = self.guests.person(*roles), self.window()
        page.goto(f"{self.address}/sign-in")
        page.fill("#field-name", name)
        page.fill("#field-password", PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        return page


def payments_move_the_live_counter(console: Console, shop: Shop) -> str:
    """Who looks at Live sees payments arrive."""
    from playwright.sync_api import expect

    page = console.signed_in(Role.VIEWER)
    page.goto(f"{console.address}/live")
    page.wait_for_selector("#live-state[data-state=on]")
    counter = page.locator("[data-text=since-then]")
    before = counter.inner_text()
    shop.customers(50)
    expect(counter).not_to_have_text(before, timeout=WAIT_MS)
    return f"{before!r} became {counter.inner_text()!r}"


def a_rule_of_two_people_decides(console: Console, shop: Shop) -> str:
    """A rule is written, tried on past payments, approved by somebody else; the next payment meets it."""
    before = shop.pay("waits", "first")
    assert before["verdict"] == "approve", before
    author, approver = console.signed_in(Role.RULE_AUTHOR), console.signed_in(Role.APPROVER)
    proposal = _proposed(console, author, shop.run)
    assert shop.pay("waits", "second")["verdict"] == "approve", "a proposal alone changed a decision"
    start = shop.end("controls")
    approver.goto(proposal)
    approver.keyboard.press("a")
    with approver.expect_navigation():
        approver.get_by_role("button", name="Yes, publish now").click()
    shop.message("controls", start, lambda each: f"walk_{shop.run}_waits" in str(each))
    after = shop.pay("waits", "third")
    assert after["verdict"] == "review", after
    assert f"walk_{shop.run}_waits" in after["hits"], after
    return f"{before['verdict']} became {after['verdict']} by {after['hits'][0]}"


def _proposed(console: Console, author: "Page", run: str) -> str:
    """Types two rules below `rules:`, tries them, proposes them; the address of the proposal."""
    author.goto(f"{console.address}/rules/edit")
    author.locator(".cm-line", has_text="rules:").first.click()
    author.keyboard.press("End")
    author.keyboard.insert_text(RULES.format(run=run))
    author.get_by_text("Can go live").wait_for(timeout=WAIT_MS)
    author.get_by_role("button", name="Run backtest").click()
    author.locator("#backtest").get_by_text("How much is known").wait_for(timeout=WAIT_MS)
    author.fill("#field-reason", "the walkthrough")
    with author.expect_navigation():
        author.get_by_role("button", name="Propose", exact=True).click()
    return author.url


def a_review_by_keyboard_changes_a_later_decision(console: Console, shop: Shop) -> str:
    """A payment that waits is declined with one key: fraud on the log; the card's next payment is stopped."""
    held = shop.pay("waits", "tested")
    assert held["verdict"] == "review", held
    assert shop.pay("after", "tested")["verdict"] == "approve", (
        "the card was stopped before anybody said anything"
    )
    labels = shop.end("labels")
    reviewer = console.signed_in(Role.REVIEWER)
    _declined(console, reviewer, held["payment_id"])
    label = shop.message("labels", labels, lambda each: each.get("payment_id") == held["payment_id"])
    assert label["label"] == "fraud", label
    after = shop.pay("after", "tested")
    assert after["verdict"] == "decline", after
    return f"approve became {after['verdict']} by {after['hits'][0]}, after a label of {label['source']}"


def _declined(console: Console, reviewer: "Page", payment_id: str) -> None:
    """Finds the payment in the queue by its id, opens it and declines it, all by keyboard."""
    found = reviewer.locator("tbody tr", has_text=payment_id)
    for _ in range(int(PATIENCE_S)):
        reviewer.goto(f"{console.address}/review?q={payment_id}")
        if found.count():
            break
        reviewer.wait_for_timeout(1000)
    reviewer.keyboard.press("j")
    with reviewer.expect_navigation():
        reviewer.keyboard.press("Enter")
    reviewer.wait_for_selector("button[value=decline]")
    with reviewer.expect_navigation():
        reviewer.keyboard.press("d")
