"""Routes of proposals: looked at, approved by a second person and published, rejected, withdrawn."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response

from dashboards.console.design import render
from dashboards.console.pages.rules.backtest_view import context_of
from dashboards.console.pages.rules.rules_desk import Desk, RulesDesk
from dashboards.console.pages.rules.rulesets import LoggedRuleset, ruleset_in_effect, ruleset_of
from dashboards.console.pages.rules.taking_up import TakingUp, taking_up
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from desk.accounts import Action, Person
from desk.changes import (
    Backtest,
    Difference,
    NoSuchProposal,
    Proposal,
    ProposalRefused,
    ProposalState,
    publish_approved,
)
from models.rules import ruleset_diff
from streams.errors import TollgateError

router = APIRouter()

Reader = Annotated[Person, Depends(allowed(Action.SEE_PAYMENTS))]
Author = Annotated[Person, Depends(allowed(Action.CHANGE_RULES))]
Approver = Annotated[Person, Depends(allowed(Action.APPROVE_RULES))]
Note = Annotated[str, Form(max_length=500)]


@router.get("/rules/proposals")
def proposals(request: Request, _: Reader, parts: Parts, desk: Desk) -> Response:
    """Those that wait, then the newest."""
    found = desk.changes.proposals(desk.engine)
    waiting = sum(one.state in ("waiting", "approved") for one in found)
    now = ruleset_in_effect(parts.warehouse, parts.engine)
    known = {
        "proposals": found, "tab": "proposals", "waiting": waiting,
        "taking_up": taking_up(found, now, parts.now()),
    }  # fmt: skip
    return render(request, "rules/proposals.html.j2", known)


@router.get("/rules/proposals/{proposal_id}")
def proposal(request: Request, person: Reader, parts: Parts, desk: Desk, proposal_id: UUID) -> Response:
    """What it changes, what it would have done, and who may decide."""
    return _page(request, person, parts, desk, _known(desk, proposal_id))


@router.post("/rules/proposals/{proposal_id}/approve")
def approve(
    request: Request,
    person: Approver,
    parts: Parts,
    desk: Desk,
    proposal_id: UUID,
    sha256: Annotated[str, Form(max_length=64)] = "",
    seen_live: Annotated[str, Form(max_length=64)] = "",
    note: Note = "",
    backtest_id: Annotated[str, Form(max_length=36)] = "",
) -> Response:
    """The second person's yes; then it goes on the log. `backtest_id`: the backtest that the page showed."""
    known = _known(desk, proposal_id)
    try:
        live, seen = desk.judge.live_version(), _difference(parts, known)
        backtest = _seen_backtest(desk, known, backtest_id, live)
        known = desk.changes.approve(person, proposal_id, sha256, seen_live, live, note, seen, backtest)
    except ProposalRefused as refused:
        return _page(request, person, parts, desk, known, str(refused), 409)
    return _published(request, person, parts, desk, known)


@router.post("/rules/proposals/{proposal_id}/publish")
def publish(request: Request, person: Approver, parts: Parts, desk: Desk, proposal_id: UUID) -> Response:
    """Once more, where publishing did not succeed; it is on the log once."""
    known = _known(desk, proposal_id)
    if known.state is not ProposalState.APPROVED:
        return _page(request, person, parts, desk, known, f"it is {known.state}, not approved", 409)
    return _published(request, person, parts, desk, known)


@router.post("/rules/proposals/{proposal_id}/reject")
def reject(
    request: Request, person: Approver, parts: Parts, desk: Desk, proposal_id: UUID, note: Note = ""
) -> Response:
    """The second person's no, with the reason."""
    known = _known(desk, proposal_id)
    try:
        desk.changes.reject(person, proposal_id, note, _difference(parts, known))
    except ProposalRefused as refused:
        return _page(request, person, parts, desk, known, str(refused), 409)
    return redirect(f"/rules/proposals/{proposal_id}")


@router.post("/rules/proposals/{proposal_id}/withdraw")
def withdraw(request: Request, person: Author, parts: Parts, desk: Desk, proposal_id: UUID) -> Response:
    """Its author takes it back."""
    known = _known(desk, proposal_id)
    try:
        desk.changes.withdraw(person, proposal_id, _difference(parts, known))
    except ProposalRefused as refused:
        return _page(request, person, parts, desk, known, str(refused), 409)
    return redirect(f"/rules/proposals/{proposal_id}")


@router.post("/rules/proposals/{proposal_id}/edit-again")
def edit_again(person: Author, desk: Desk, proposal_id: UUID) -> Response:
    """The text of a proposal that ended becomes the draft of whoever asks: to go on from there."""
    known = _known(desk, proposal_id)
    desk.changes.save_draft(person, desk.engine, known.document_text, known.base_version)
    return redirect("/rules/edit")


def _seen_backtest(desk: RulesDesk, known: Proposal, shown: str, live: str) -> UUID | None:
    """The backtest that a person approves by: done, of exactly this content, against what is live.

    None where the page showed none. Raises `ProposalRefused`.
    """
    if not shown:
        return None
    try:
        found = desk.backtests.backtest(UUID(shown))
    except ValueError:
        found = None
    if found is None or found.engine != known.engine or found.version != known.version:
        raise ProposalRefused("the backtest you were shown is of another text: open the proposal again")
    if found.state != "done" or found.base_version not in ("", live):
        raise ProposalRefused(
            "the backtest you were shown compares with a ruleset that is not live: open the proposal again, "
            "and let its author run the backtest again"
        )
    return found.backtest_id


def _shown_backtest(desk: RulesDesk, known: Proposal) -> Backtest | None:
    """The newest of exactly this content."""
    newest = desk.backtests.newest(desk.engine, known.version)
    return newest if newest is not None and newest.version == known.version else None


def _difference(parts: ConsoleParts, known: Proposal) -> Difference:
    """Against what is in effect now."""
    return _against(ruleset_in_effect(parts.warehouse, parts.engine), known)


def _kept(parts: ConsoleParts, known: Proposal) -> Difference:
    """As whoever decided saw it; of one decided before that was kept, against what was in effect when it was
    proposed.
    """
    base = None if known.difference else ruleset_of(parts.warehouse, parts.engine, known.base_version)
    return known.difference or _against(base, known)


def _against(base: LoggedRuleset | None, known: Proposal) -> Difference:
    if base is None:
        return Difference("", ())
    return Difference.of(base.version, ruleset_diff(base.document, known.content))


def _known(desk: RulesDesk, proposal_id: UUID) -> Proposal:
    try:
        found = desk.changes.proposal(proposal_id)
    except NoSuchProposal:
        raise HTTPException(404) from None
    if found.engine != desk.engine:
        raise HTTPException(404)
    return found


def _taking_up(parts: ConsoleParts, known: Proposal, now: LoggedRuleset | None) -> TakingUp | None:
    return taking_up([known], now, parts.now())


def _published(
    request: Request, person: Person, parts: ConsoleParts, desk: RulesDesk, known: Proposal
) -> Response:
    try:
        publish_approved(desk.changes, desk.publisher, known, person)
    except TollgateError as error:
        again = f"it is approved, and not on the log yet: {error}"
        return _page(request, person, parts, desk, _known(desk, known.proposal_id), again, 503)
    return redirect(f"/rules/proposals/{known.proposal_id}")


def _page(
    request: Request,
    person: Person,
    parts: ConsoleParts,
    desk: RulesDesk,
    known: Proposal,
    refused: str = "",
    status: int = 200,
) -> Response:
    now = ruleset_in_effect(parts.warehouse, parts.engine)
    is_open = known.state is ProposalState.WAITING
    newest = _shown_backtest(desk, known)
    live = "" if now is None else now.version
    context: dict[str, Any] = {
        "proposal": known,
        "in_effect": now,
        "difference": _difference(parts, known) if is_open else _kept(parts, known),
        "is_mine": known.author_id == person.user_id,
        "refused": refused,
        "taking_up": _taking_up(parts, known, now),
    }
    more = context_of(newest, parts.warehouse, person.accounts, live if is_open else "")
    return render(request, "rules/proposal.html.j2", context | more, status)
