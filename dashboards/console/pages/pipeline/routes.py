"""Routes of the Pipeline page."""

from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response

from dashboards.console.csv_download import csv_response
from dashboards.console.design import render
from dashboards.console.pages.engine_wide import engine_wide
from dashboards.console.pages.pipeline.lag_watch import Lags
from dashboards.console.pages.pipeline.letters import (
    PAGE_LETTERS,
    LetterLine,
    letter_lines,
    letters_at,
    listed_letters,
)
from dashboards.console.parts import ConsoleParts, Parts
from dashboards.console.security import allowed, redirect
from dashboards.console.views import ViewBar, view_bar
from desk.accounts import Action, Person
from desk.audit import AuditTrail
from desk.dead_letters import LETTERS_MAX, REPLAYED, DeadLetterRefused, DeadLetters, shown_bytes
from models.messages import DeadLetterReason
from streams.engine.output import advice_on

router = APIRouter(dependencies=[Depends(engine_wide)])

Reader = Annotated[Person, Depends(allowed(Action.SEE_PIPELINE))]
Operator = Annotated[Person, Depends(allowed(Action.REPLAY_DEAD_LETTERS))]
Reason = Annotated[str, Query(max_length=64)]
Why = Annotated[str, Form(max_length=500)]
TEXT_CHARACTERS = 262_144
LAST_PLACE = 2**63 - 1
BEGINNING_BYTES = 120
EXPORTED_MAX: Final = 20_000
CSV_COLUMNS: Final = (
    "received_at", "topic", "partition", "offset", "reason", "detail", "merchant_account", "payment_id",
    "payload_bytes", "payload_sha256", "state",
)  # fmt: skip


def dead_letters(parts: Parts) -> DeadLetters:
    """What was done about the engine's dead letters."""
    return DeadLetters(parts.database, AuditTrail(parts.now), parts.now, parts.engine)


Letters = Annotated[DeadLetters, Depends(dead_letters)]


@router.get("/pipeline")
def pipeline(request: Request, _: Reader) -> Response:
    """The page; what changes is asked for by its parts."""
    return render(request, "pipeline/page.html.j2", {"tab": "flow"})


@router.get("/pipeline/lag")
def lag(request: Request, _: Reader, lags: Lags) -> Response:
    """How far each reader is behind."""
    return render(request, "pipeline/lag.html.j2", {"lags": lags()})


@router.get("/pipeline/batches")
def batches(request: Request, _: Reader, parts: Parts) -> Response:
    """What the engine read and answered, by minute."""
    rows = list(parts.warehouse.shared("pipeline/batches", {"engine": parts.engine}, None, 5.0))
    seconds = [round(row["minute"].timestamp()) for row in rows]

    def chart(series: list[tuple[str, str, str]]) -> dict[str, Any]:
        return {
            "x": seconds, "time": True, "unit": "",
            "series": [{"name": n, "tone": t, "values": [row[c] for row in rows]} for n, c, t in series],
        }  # fmt: skip

    known = {
        "rows": rows,
        "answers": chart([("payments", "payments", "accent"), ("decisions", "decisions", "approve")]),
        "troubles": chart([
            ("dead letters", "dead_letters", "decline"), ("late", "late", "review"),
            ("duplicates", "duplicates", "muted"),
        ]),
    }  # fmt: skip
    return render(request, "pipeline/batches.html.j2", known)


@router.get("/pipeline/dead-letters")
def letters(
    request: Request,
    person: Reader,
    parts: Parts,
    letters: Letters,
    reason: Reason = "",
    before: Annotated[int, Query(ge=0, le=LAST_PLACE)] = 0,
) -> Response:
    """Dead letters by reason, and the newest of one, or those of a named view."""
    bar = _bar(request, parts, person)
    if bar.leads_to:
        return redirect(bar.leads_to)
    return _shown(request, parts, letters, bar, reason, before)


@router.get("/pipeline/dead-letters.csv", dependencies=[Depends(allowed(Action.EXPORT))])
def letters_csv(parts: Parts, letters: Letters, reason: Reason = "") -> Response:
    """The same dead letters without their bytes, and what became of each."""
    rows = listed_letters(parts.warehouse, letters, parts.engine, reason, EXPORTED_MAX)
    return csv_response(f"dead-letters-{reason or 'all'}", CSV_COLUMNS, rows, rows_max=EXPORTED_MAX)


@router.get("/pipeline/dead-letters/acts")
def acts(request: Request, _: Reader, letters: Letters) -> Response:
    """What was done, the newest first."""
    return render(request, "pipeline/acts.html.j2", {"acts": letters.newest(), "tab": "acts"})


@router.get("/pipeline/dead-letters/{topic}/{partition}/{offset}")
def letter(
    request: Request, _: Reader, parts: Parts, letters: Letters, topic: str, partition: int, offset: int
) -> Response:
    """One, with its bytes."""
    return _one(request, _known(parts, letters, topic, partition, offset))


@router.post("/pipeline/dead-letters/act")
def act(
    request: Request,
    person: Operator,
    parts: Parts,
    letters: Letters,
    policy: Annotated[Literal["reinsert", "drop"], Form()],
    chosen: Annotated[list[str] | None, Form(max_length=LETTERS_MAX)] = None,
    reason: Annotated[str, Form(max_length=64)] = "",
    why: Why = "",
) -> Response:
    """The chosen ones are sent again as they are, or dropped."""
    lines = [line for line in _chosen(parts, letters, chosen or []) if line.act is None]
    if not lines:
        bar = _bar(request, parts, person)
        return _shown(request, parts, letters, bar, reason, 0, "choose at least one that is open", 422)
    messages = [line.message for line in lines]
    try:
        done = (
            letters.reinsert(person, messages, why)
            if policy == "reinsert"
            else letters.drop(person, messages, why)
        )
    except DeadLetterRefused as refused:
        return _shown(request, parts, letters, _bar(request, parts, person), reason, 0, str(refused), 422)
    return redirect(
        f"/pipeline/dead-letters?reason={reason}&done={done}"
        if _is_code(reason)
        else "/pipeline/dead-letters"
    )


@router.post("/pipeline/dead-letters/{topic}/{partition}/{offset}/fix")
def fix(
    request: Request,
    person: Operator,
    parts: Parts,
    letters: Letters,
    topic: str,
    partition: int,
    offset: int,
    text: Annotated[str, Form(max_length=TEXT_CHARACTERS)] = "",
    why: Why = "",
) -> Response:
    """A mended text is sent in its place."""
    line = _known(parts, letters, topic, partition, offset)
    try:
        letters.fix(person, line.message, text, why)
    except DeadLetterRefused as refused:
        return _one(request, line, str(refused), text, why, 422)
    return redirect(f"/pipeline/dead-letters/{topic}/{partition}/{offset}")


def _advice(reason: str) -> str:
    return advice_on(DeadLetterReason(reason), "ENGINE") if _is_code(reason) else ""


def _is_code(reason: str) -> bool:
    return reason in {each.value for each in DeadLetterReason}


def _chosen(parts: ConsoleParts, letters: DeadLetters, places: list[str]) -> list[LetterLine]:
    by_topic: dict[tuple[str, int], list[int]] = {}
    for place in places:
        topic, _, rest = place.partition("/")
        partition, _, offset = rest.partition("/")
        if not (partition.isdecimal() and offset.isdecimal() and len(offset) < 19 and len(partition) < 6):
            raise HTTPException(422, "that is no place of a message")
        by_topic.setdefault((topic, int(partition)), []).append(int(offset))
    return [
        line
        for (topic, partition), offsets in sorted(by_topic.items())
        for line in letters_at(parts.warehouse, letters, parts.engine, topic, partition, offsets)
    ]


def _known(parts: ConsoleParts, letters: DeadLetters, topic: str, partition: int, offset: int) -> LetterLine:
    if not (0 <= partition < 100_000 and 0 <= offset < LAST_PLACE):
        raise HTTPException(404)
    found = letters_at(parts.warehouse, letters, parts.engine, topic, partition, [offset])
    if not found:
        raise HTTPException(404)
    return found[0]


def _one(
    request: Request,
    line: LetterLine,
    refused: str = "",
    text: str | None = None,
    why: str = "",
    status: int = 200,
) -> Response:
    payload = line.message.payload
    known = {
        "line": line,
        "bytes_shown": None if payload is None else shown_bytes(payload),
        "text": text if text is not None else (payload or b"").decode("utf-8", "replace"),
        "why": why,
        "refused": refused,
        "can_be_fixed": line.message.role in REPLAYED,
        "max_characters": TEXT_CHARACTERS,
        "advice": _advice(line.message.reason),
    }  # fmt: skip
    return render(request, "pipeline/letter.html.j2", known, status)


def _beginning(payload: bytes | None) -> str:
    return "(too large to be kept)" if payload is None else shown_bytes(payload[:BEGINNING_BYTES])


def _bar(request: Request, parts: ConsoleParts, person: Person) -> ViewBar:
    """The named views; of the page also where a form of it was refused."""
    bar = view_bar(request, parts, person, "dead_letters", {"before", "done"})
    return replace(bar, path="/pipeline/dead-letters")


def _shown(
    request: Request,
    parts: ConsoleParts,
    letters: DeadLetters,
    bar: ViewBar,
    reason: str,
    before: int,
    refused: str = "",
    status: int = 200,
) -> Response:
    reasons = parts.warehouse.rows("pipeline/reasons", {"engine": parts.engine}, None)
    acted = letters.counts()
    groups = [{**row, "open": max(0, row["dead_letters"] - acted.get(row["reason"], 0))} for row in reasons]
    lines = letter_lines(
        parts.warehouse, letters, parts.engine, reason, before or LAST_PLACE, PAGE_LETTERS + 1
    )
    shown = lines[:PAGE_LETTERS]
    known = {
        "bar": bar, "groups": groups, "lines": shown, "reason": reason, "refused": refused, "tab": "letters",
        "shown": _beginning, "more": shown[-1].row["log_offset"] if len(lines) > PAGE_LETTERS else None,
        "done": request.query_params.get("done", ""),
    }  # fmt: skip
    return render(request, "pipeline/letters.html.j2", known, status)
