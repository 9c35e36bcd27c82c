"""A page that shows everything that pages are drawn with: for pictures, and for tests of the design."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from dashboards.console.design import environment, frame
from dashboards.console.pages import Page, people
from dashboards.console.security import allowed
from desk.accounts import Action, Person
from tests.console.scene import NOW

router = APIRouter()
VERDICTS: Final = ("approve", "challenge", "review", "decline")
TEMPLATE: Final = Path(__file__).with_name("specimen.html.j2")


@router.get("/specimen")
def specimen(request: Request, person: Annotated[Person, Depends(allowed(Action.SEE_LIVE))]) -> Response:  # noqa: ARG001
    """Everything."""
    text = (
        environment().from_string(TEMPLATE.read_text(encoding="utf-8")).render({**frame(request), **known()})
    )
    return HTMLResponse(text)


def known() -> dict[str, Any]:
    """What the specimen shows."""
    minutes = range(60)
    level = [180 + (i * 37) % 23 + i // 2 for i in minutes]
    series = [
        {"name": verdict, "tone": verdict, "values": [value * part // 100 for value in level]}
        for verdict, part in zip(VERDICTS, (96, 18, 9, 14), strict=True)
    ]
    return {
        "chart": {"x": [NOW.timestamp() - 60 * (60 - i) for i in minutes], "series": series, "unit": ""},
        "shares": list(zip(VERDICTS, (0.931, 0.031, 0.014, 0.024), strict=True)),
        "payments": [
            {
                "at": NOW - timedelta(seconds=17 * i),
                "id": f"pay_{7_000_000 - i * 13}",
                "merchant": f"merchant-{i % 4}",
                "amount": 1_999 + 12_345 * i,
                "currency": ("EUR", "JPY", "TND")[i % 3],
                "risk": 0.013 * (i + 1),
                "verdict": VERDICTS[i % 4],
                "why": "five cards on one device within ten minutes" if i % 4 else "",
            }
            for i in range(8)
        ],
    }  # fmt: skip


PAGE = Page("/specimen", "Specimen", Action.SEE_LIVE, "s", router)


def shown() -> list[Page]:
    """The specimen, and the pages of a whole navigation that lead nowhere but People."""
    rooms = (
        ("live", "Live", "l"), ("review", "Review", "r"), ("payments", "Payments", "p"),
        ("rules", "Rules", "u"), ("lists", "Lists", "i"), ("models", "Models", "m"),
        ("explore", "Explore", "e"), ("meters", "Meters", "t"), ("pipeline", "Pipeline", "n"),
        ("audit", "Audit", "a"),
    )  # fmt: skip
    return [Page(f"/{room}", title, Action.SEE_LIVE, key, APIRouter()) for room, title, key in rooms] + [
        people.PAGE,
        PAGE,
    ]
