"""Payment: one page for one payment. Its parts come after it, each on its own, so that one that fails or is
slow takes nothing from the others.
"""

import threading
from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from dashboards.console.design import render
from dashboards.console.pages.explore_link import explore_link
from dashboards.console.pages.payment import words
from dashboards.console.pages.payment.address import payment_address
from dashboards.console.pages.payment.features_in_words import grouped
from dashboards.console.pages.payment.graph import HEIGHT, LINKED_MAX, WIDTH, payment_graph
from dashboards.console.pages.payment.habit import comparisons
from dashboards.console.pages.payment.insight import NotKnown, PaymentInsight
from dashboards.console.pages.payment.standing import standing_label
from dashboards.console.pages.payment.story import Row, StoryReader, tokens_of
from dashboards.console.pages.payment.told_apart import cut_ids, cut_tokens
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed
from desk.accounts import Action, Person
from models.messages import Verdict

router = APIRouter()
Viewer = Annotated[Person, Depends(allowed(Action.SEE_PAYMENTS))]
Analyst = Annotated[Person, Depends(allowed(Action.SEE_TOKENS))]
"""Features and what would change a verdict tell how fraud is found: they are for the fraud team."""
CHANGES_MAX: Final = 3
TABS: Final = ("payment", "card", "customer", "device", "ip", "email", "delivery_address")
_MAKING = threading.Lock()


@router.get("/payments/payment")
def payment(request: Request, parts: Parts, person: Viewer, id: str, account: str = "") -> HTMLResponse:
    """The page. Without an account it is found by its id alone; where several have it, they are to choose
    from.
    """
    reader = StoryReader(parts.warehouse, parts.engine, person.accounts)
    decisions = reader.decisions(id, account)
    accounts = sorted({str(row["merchant_account"]) for row in decisions})
    if len(accounts) != 1:
        return _not_one(request, reader, id, account, accounts)
    story = reader.story(decisions)
    last = story.decision
    return render(
        request,
        "payment/page.html.j2",
        {
            "story": story,
            "decision": last,
            "stands": standing_label(story.labels, story.reviews),
            "words": words,
            "part_of": _parts_of(last),
            "tabs": tabs(last),
            "wordings": wordings(person, tokens_of(last)),
            "verdicts": [each.value for each in Verdict],
            "sql": explore_link(
                "payment/decisions",
                {"engine": parts.engine, "payment_id": id, "account": accounts[0]},
                person.accounts,
            ),
            "inputs": insight_of(request, parts).names() if person.may(Action.SEE_TOKENS) else (),
        },
    )


@router.get("/payments/payment/timeline")
def timeline(
    request: Request, parts: Parts, person: Viewer, id: str, account: str, entity: str = "payment"
) -> HTMLResponse:
    """What happened to the payment, or to all payments with the same card, device ..."""
    reader, decision = _found(parts, person, id, account)
    token = id if entity == "payment" else tokens_of(decision).get(entity, "")
    if entity not in TABS or not token:
        raise HTTPException(404)
    asked: dict[str, Any] = {"token": token, "entity": entity, "account": account, "rows": 200}
    found = reader.timeline(**asked)
    decided = (
        [row for row in found if row["event"] == "decision"] if entity not in ("payment", "card") else []
    )
    cards = reader.cards(decided, "at")
    return render(request, "payment/timeline.html.j2", {
        "rows": found, "cards": cards, "cuts": _cuts(person, cards),
        "ids": cut_ids([str(row["payment_id"]) for row in found]),
        "sees_tokens": person.may(Action.SEE_TOKENS), "entity": entity, "words": words, "decision": decision,
        "tabs": tabs(decision), "part_of": _parts_of(decision), "address": payment_address,
        "sql": explore_link("payment/timeline", {"engine": parts.engine, **asked}, person.accounts),
    })  # fmt: skip


@router.get("/payments/payment/habit")
def habit(request: Request, parts: Parts, person: Viewer, id: str, account: str) -> HTMLResponse:
    """This payment beside what its customer or card usually does."""
    reader, decision = _found(parts, person, id, account)
    entity, usual, seen = reader.habit(decision)
    return render(request, "payment/habit.html.j2", {
        "entity": entity, "habit": usual, "scoped": person.accounts is not None,
        "comparisons": comparisons(decision, usual, seen, entity) if usual and usual["payments"] else (),
    })  # fmt: skip


@router.get("/payments/payment/linked")
def linked(request: Request, parts: Parts, person: Viewer, id: str, account: str) -> HTMLResponse:
    """Payments that share a token with this one, as a graph."""
    reader, decision = _found(parts, person, id, account)
    rows, labels = reader.linked(decision, LINKED_MAX)
    tokens = tokens_of(decision)
    cards = reader.cards(rows, "first_at")
    cuts = _cuts(person, cards)
    named = {key: cuts[card] for key, card in cards.items() if card}
    return render(
        request,
        "payment/linked.html.j2",
        {
            "graph": payment_graph(decision, tokens, rows, labels, wordings(person, tokens), named),
            "cards": cards,
            "cuts": cuts,
            "ids": cut_ids([str(row["payment_id"]) for row in rows]),
            "sees_tokens": person.may(Action.SEE_TOKENS),
            "rows": rows,
            "labels": labels,
            "width": WIDTH,
            "height": HEIGHT,
            "words": words,
            "address": payment_address,
            "sql": explore_link(
                "payment/linked",
                {"engine": parts.engine, **reader.linked_parameters(decision, 1_000)},
                person.accounts,
            ),
        },
    )


@router.get("/payments/payment/features")
def features(request: Request, parts: Parts, person: Analyst, id: str, account: str) -> HTMLResponse:
    """The vector that the payment was decided by, in words; where the log has it no more, that."""
    _, decision = _found(parts, person, id, account)
    try:
        found = insight_of(request, parts).features(decision)
    except NotKnown as reason:
        return render(request, "payment/not_known.html.j2", {"text": str(reason)})
    context = {"groups": grouped(found), "stands_out": [each for each in found if each.stands_out]}
    return render(request, "payment/features.html.j2", context)


@router.post("/payments/payment/why-not")
def why_not(
    request: Request,
    parts: Parts,
    person: Analyst,
    id: str,
    account: str,
    wanted: Annotated[str, Form(max_length=100)] = "",
) -> HTMLResponse:
    """The smallest change of one input, or of two, that changes the verdict."""
    _, decision = _found(parts, person, id, account)
    verdict = Verdict(wanted) if wanted in list(Verdict) else None
    try:
        answer = insight_of(request, parts).why_not(decision, verdict)
    except NotKnown as reason:
        return render(request, "payment/not_known.html.j2", {"text": str(reason)})
    return render(request, "payment/why_not.html.j2", {"answer": answer, "decision": decision})


@router.post("/payments/payment/what-if")
def what_if(
    request: Request,
    parts: Parts,
    person: Analyst,
    id: str,
    account: str,
    name: Annotated[list[Annotated[str, Form(max_length=100)]], Form(max_length=10)],
    value: Annotated[list[Annotated[str, Form(max_length=30)]], Form(max_length=10)],
) -> HTMLResponse:
    """The payment scored and judged again with other inputs."""
    _, decision = _found(parts, person, id, account)
    try:
        changes = changes_of(name, value, str(decision["currency"]))
        answer = insight_of(request, parts).what_if(decision, changes)
    except NotKnown as reason:
        return render(request, "payment/not_known.html.j2", {"text": str(reason)})
    return render(request, "payment/what_if.html.j2", {"answer": answer, "changes": changes})


def changes_of(names: list[str], values: list[str], currency: str) -> dict[str, float]:
    """What a person wants to change, by input. Raises NotKnown, which says what cannot be read."""
    from models.money import EXPONENTS

    changes = {}
    for name, value in zip(names[:CHANGES_MAX], values[:CHANGES_MAX], strict=False):
        if not name.strip() or not value.strip():
            continue
        try:
            number = float(value.replace(",", ""))
        except ValueError:
            number = float("nan")
        if not isfinite(number) or (name == "probability" and not 0 <= number <= 1):
            raise NotKnown(f"{value!r} cannot be a value of {name}: write a number")
        changes[name.strip()] = number * 10 ** EXPONENTS.get(currency, 0) if name == "amount" else number
    if not changes:
        raise NotKnown("Nothing was changed: choose an input and write a number")
    return changes


def insight_of(request: Request, parts: ConsoleParts) -> PaymentInsight:
    """The application's one way to the log."""
    state = request.app.state
    with _MAKING:
        if not hasattr(state, "payment_insight"):
            state.payment_insight = PaymentInsight(parts.settings if parts.kafka else None, parts.engine)
    insight: PaymentInsight = state.payment_insight
    return insight


def tabs(decision: Row) -> list[tuple[str, str]]:
    """By what a timeline can be filtered: this payment, and the tokens that it came with."""
    tokens = tokens_of(decision)
    return [(entity, words.ENTITIES[entity]) for entity in TABS if entity == "payment" or entity in tokens]


def wordings(person: Person, tokens: Mapping[str, str]) -> dict[str, str]:
    """Tokens as this person may see them."""
    is_shown = person.may(Action.SEE_TOKENS)
    return {entity: token if is_shown else words.masked(token) for entity, token in tokens.items()}


def _cuts(person: Person, cards: Mapping[tuple[str, str], str]) -> Mapping[str, str]:
    """Cards as this person may see them, so that different ones differ."""
    tokens = [card for card in cards.values() if card]
    return cut_tokens(tokens, is_shown=person.may(Action.SEE_TOKENS))


def _found(parts: ConsoleParts, person: Person, payment_id: str, account: str) -> tuple[StoryReader, Row]:
    reader = StoryReader(parts.warehouse, parts.engine, person.accounts)
    decisions = reader.decisions(payment_id, account)
    if not account or not decisions:
        raise HTTPException(404)
    return reader, decisions[-1]


def _not_one(
    request: Request, reader: StoryReader, payment_id: str, account: str, accounts: list[str]
) -> HTMLResponse:
    """Several accounts have a payment of this id, or none that may be seen: then it may have been refused."""
    events = [] if accounts else reader.timeline("payment", payment_id, account, rows=20)
    context: dict[str, Any] = {
        "id": payment_id, "choices": [(each, payment_address(each, payment_id)) for each in accounts],
        "events": events, "words": words,
    }  # fmt: skip
    return render(request, "payment/not_one.html.j2", context, 200 if accounts else 404)


def _parts_of(decision: Row) -> dict[str, str]:
    """Addresses of the parts of a payment's page."""
    account, payment_id = str(decision["merchant_account"]), str(decision["payment_id"])
    names = ("timeline", "habit", "linked", "features", "why-not", "what-if")
    return {name.replace("-", "_"): payment_address(account, payment_id, name) for name in names}
