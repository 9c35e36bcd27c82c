"""Routes of the editor: a text, checks while it is typed, a backtest, a proposal."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response

from dashboards.console.design import render
from dashboards.console.pages.rules.backtest_view import context_of
from dashboards.console.pages.rules.editor_words import suggestions
from dashboards.console.pages.rules.rules_desk import CheckedText, Desk, RulesDesk
from dashboards.console.pages.rules.rulesets import LoggedRuleset, ruleset_in_effect, ruleset_of
from dashboards.console.pages.rules.unknown_lists import unknown_lists
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from desk.accounts import Action, Person
from desk.changes import Proposal, ProposalRefused
from models.rules import RulesetError, read_ruleset, ruleset_diff, with_rule_field
from streams.errors import Outage

router = APIRouter()

TEXT_CHARACTERS: Final = 300_000
"""Of a text in the editor: the form that carries it is larger, and 1 MiB at most."""
DIFFERENCES_SHOWN: Final = 200
Author = Annotated[Person, Depends(allowed(Action.CHANGE_RULES))]
Reader = Annotated[Person, Depends(allowed(Action.SEE_PAYMENTS))]
Text = Annotated[str, Form(max_length=TEXT_CHARACTERS)]
Reason = Annotated[str, Form(max_length=500)]
Base = Annotated[str, Form(max_length=64)]
"""The ruleset that was in effect when its text was begun: a colleague's may have gone live since."""
STARTER: Final = "name: shop\nversion: 2\nrules:\n"


@router.get("/rules/edit")
def editor(
    request: Request,
    person: Author,
    parts: Parts,
    desk: Desk,
    line: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    """The draft of whoever asks, else the ruleset in effect as it was written; the cursor at a line of it."""
    now = ruleset_in_effect(parts.warehouse, parts.engine)
    draft = desk.changes.draft_of(person, desk.engine)
    text = draft.document_text if draft else _text_of(desk, now)
    base = draft.base_version if draft else _version(now)
    known = {
        "text": text, "draft": draft, "in_effect": now, "max_characters": TEXT_CHARACTERS, "lead": line,
    }  # fmt: skip
    return render(request, "rules/editor.html.j2", known | _checked(parts, desk, text, now, base))


@router.post("/rules/check")
def check(
    request: Request, person: Author, parts: Parts, desk: Desk, text: Text = "", base: Base = ""
) -> Response:
    """What is wrong with a text, what it costs and what it changes; keeps it as the draft."""
    now = ruleset_in_effect(parts.warehouse, parts.engine)
    desk.changes.save_draft(person, desk.engine, text.replace("\r\n", "\n"), base)
    return render(request, "rules/checked.html.j2", _checked(parts, desk, text, now, base))


@router.get("/rules/words")
def words(_: Author, desk: Desk) -> list[dict[str, str]]:
    """What the editor suggests."""
    return suggestions(desk.judge.columns())


@router.post("/rules/discard")
def discard(person: Author, desk: Desk) -> Response:
    """Throws the draft away."""
    desk.changes.drop_draft(person, desk.engine)
    return redirect("/rules/edit")


@router.post("/rules/propose")
def propose(
    request: Request,
    person: Author,
    parts: Parts,
    desk: Desk,
    text: Text = "",
    base: Base = "",
    reason: Reason = "",
) -> Response:
    """The text waits for a second person. Where another ruleset went live since it was begun, it is asked for
    once more, beside the difference from that one.
    """
    now, text = ruleset_in_effect(parts.warehouse, parts.engine), text.replace("\r\n", "\n")
    checked = desk.judge.checked(text)
    try:
        _refuse_overtaken(base, now)
        return _led_to(_proposed(desk, person, checked, now, reason))
    except ProposalRefused as refused:
        known = {"text": text, "draft": None, "in_effect": now, "reason": reason, "refused": str(refused)}
        shown = _checked(parts, desk, text, now, _version(now))
        more = known | {"max_characters": TEXT_CHARACTERS, "lead": 0} | shown
        return render(request, "rules/editor.html.j2", more, 422)


@router.post("/rules/field")
def set_field(
    person: Author,
    parts: Parts,
    desk: Desk,
    number: Annotated[int, Form(ge=0, lt=1_024)],
    version: Annotated[str, Form(max_length=64)],
    field: Annotated[Literal["mode", "sample"], Form()],
    value: Annotated[str, Form(max_length=16)] = "",
    by: Annotated[Literal["payment", "card"], Form()] = "payment",
    reason: Reason = "",
) -> Response:
    """One rule of the ruleset in effect is paused, put on trial or rolled out to a share: a proposal."""
    now = ruleset_in_effect(parts.warehouse, parts.engine)
    if now is None or now.version != version:
        raise ProposalRefusedPage("another ruleset went live meanwhile: load the page again")
    try:
        text = with_rule_field(read_ruleset(_text_of(desk, now)), number, field, _value(field, value))
        if field == "sample":
            key = "card" if by == "card" and _value(field, value) is not None else None
            text = with_rule_field(read_ruleset(text), number, "by", key)
    except (RulesetError, IndexError) as error:
        raise ProposalRefusedPage(f"{error}. Use the editor") from None
    try:
        return _led_to(_proposed(desk, person, desk.judge.checked(text), now, reason))
    except ProposalRefused as refused:
        raise ProposalRefusedPage(str(refused)) from None


@router.post("/rules/history/{version}/rollback")
def roll_back(person: Author, parts: Parts, desk: Desk, version: str, reason: Reason = "") -> Response:
    """An earlier ruleset is proposed again."""
    wanted = ruleset_of(parts.warehouse, parts.engine, version)
    if wanted is None:
        raise HTTPException(404)
    checked = desk.judge.checked(_text_of(desk, wanted))
    try:
        return _led_to(
            _proposed(desk, person, checked, ruleset_in_effect(parts.warehouse, parts.engine), reason)
        )
    except ProposalRefused as refused:
        raise ProposalRefusedPage(str(refused)) from None


@router.post("/rules/backtests")
def start_backtest(
    request: Request,
    person: Author,
    parts: Parts,
    desk: Desk,
    text: Text = "",
    days: Annotated[int, Form(ge=1, le=400)] = 30,
) -> Response:
    """Tries a text on the newest days; both it and the ruleset in effect are computed."""
    checked = desk.judge.checked(text.replace("\r\n", "\n"))
    if checked.document is None:
        return _told(request, "mend what is marked first: a ruleset that cannot be used cannot be tried")
    now = ruleset_in_effect(parts.warehouse, parts.engine)
    try:
        started = desk.backtests.start(
            person, desk.engine, checked.document, now.document if now else None, days
        )
    except ProposalRefused as refused:
        return _told(request, str(refused))
    found = desk.backtests.backtest(started)
    more = context_of(found, parts.warehouse, person.accounts, _version(now))
    return render(request, "rules/backtest.html.j2", more)


@router.get("/rules/backtests/{backtest_id}")
def backtest(request: Request, person: Reader, parts: Parts, desk: Desk, backtest_id: UUID) -> Response:
    """How far it is, or what came out."""
    found = desk.backtests.backtest(backtest_id)
    if found is None or found.engine != desk.engine:
        raise HTTPException(404)
    now = ruleset_in_effect(parts.warehouse, parts.engine)
    more = context_of(found, parts.warehouse, person.accounts, _version(now))
    return render(request, "rules/backtest.html.j2", more)


class ProposalRefusedPage(HTTPException):
    """Tells why on a page of its own."""

    def __init__(self, why: str) -> None:
        super().__init__(409, why[:1].upper() + why[1:])


def _told(request: Request, why: str) -> Response:
    return render(request, "rules/refused.html.j2", {"why": why})


def _proposed(
    desk: RulesDesk, person: Person, checked: CheckedText, now: LoggedRuleset | None, reason: str
) -> Proposal:
    if checked.document is None:
        line, column, problem = checked.problems[0]
        raise ProposalRefused(f"line {line}, column {column}: {problem}")
    return desk.changes.propose(person, desk.engine, checked.text, checked.document, _version(now), reason)


def _refuse_overtaken(base: str, now: LoggedRuleset | None) -> None:
    if now is not None and base != now.version:
        raise ProposalRefused(
            f"the ruleset {now.version} of {now.author} went live since this text was begun. What it brought "
            "and this text lacks is listed as removed or changed: write it into the text, or propose once "
            "more if it is to go"
        )


def _led_to(proposal: Proposal) -> Response:
    return redirect(f"/rules/proposals/{proposal.proposal_id}")


def _checked(
    parts: ConsoleParts, desk: RulesDesk, text: str, now: LoggedRuleset | None, base: str
) -> dict[str, Any]:
    checked = desk.judge.checked(text.replace("\r\n", "\n"))
    difference: list[str] = []
    if checked.document is not None and now is not None:
        difference = ruleset_diff(now.document, checked.document)
    newest = desk.backtests.newest(desk.engine, checked.version) if checked.version else None
    return {
        "checked": checked,
        "base": base,
        "overtaken_by": now if now is not None and base != now.version else None,
        "difference": difference[:DIFFERENCES_SHOWN],
        "differences_left": max(0, len(difference) - DIFFERENCES_SHOWN),
        "is_live": now is not None and checked.version == now.version,
        "newest_backtest": newest,
        "unknown_lists": _unknown_lists(parts, checked),
    }


def _unknown_lists(parts: ConsoleParts, checked: CheckedText) -> list[tuple[str, str]]:
    """Nothing is said where the warehouse is away: an empty list is no mistake."""
    if checked.document is None or "list(" not in checked.text:
        return []
    try:
        rows = parts.warehouse.rows("lists/lists", {"engine": parts.engine}, None)
        return unknown_lists(checked.document, (row["list"] for row in rows))
    except Outage:
        return []


def _text_of(desk: RulesDesk, ruleset: LoggedRuleset | None) -> str:
    if ruleset is None:
        return STARTER
    return desk.changes.text_of(desk.engine, ruleset.version) or ruleset.text


def _version(now: LoggedRuleset | None) -> str:
    return "" if now is None else now.version


def _value(field: str, value: str) -> str | float | None:
    """Nothing takes the field out: the rule is live, for everybody."""
    if field == "mode":
        if value not in ("", "live", "shadow", "off"):
            raise RulesetError("a rule is live, in shadow or off")
        return None if value in ("", "live") else value
    try:
        share = float(value) / 100 if value else 1.0
    except ValueError:
        raise RulesetError("a share is a number of percent, such as 10") from None
    if not 0 < share <= 1:
        raise RulesetError("a share is more than 0 and at most 100 percent; pause the rule instead")
    return None if share == 1 else round(share, 6)
