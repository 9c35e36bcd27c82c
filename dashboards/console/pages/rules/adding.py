"""The form that adds a rule: it goes behind the last one, well formed, and the editor goes on from there."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Request, Response

from dashboards.console.design import render
from dashboards.console.pages.rules.editing import Author, Base, Text
from dashboards.console.pages.rules.rules_desk import Desk
from models.rules import RulesetError, RulesetSourceError, read_ruleset, with_rule_added

router = APIRouter()

SCORE: Final = "score"
Does = Literal["review", "challenge", "block", "allow", "score"]
Line = Annotated[str, Form(max_length=500)]


@router.post("/rules/add")
def add_rule(
    request: Request,
    person: Author,
    desk: Desk,
    text: Text = "",
    base: Base = "",
    rule: Annotated[str, Form(max_length=64)] = "",
    description: Line = "",
    when: Annotated[str, Form(max_length=2_000)] = "",
    does: Annotated[Does, Form()] = "review",
    points: Annotated[str, Form(max_length=4)] = "",
    mode: Annotated[Literal["shadow", "live"], Form()] = "shadow",
) -> Response:
    """Puts one more rule into the draft, or says what is wrong with it."""
    try:
        wanted = _rule(person.name, rule, description, when, does, points, mode)
        made, line = with_rule_added(read_ruleset(text.replace("\r\n", "\n")), wanted)
    except RulesetSourceError as error:
        first = error.problems[0]
        return _refused(request, f"mend the text first, line {first.line}: {first.message}")
    except RulesetError as error:
        return _refused(request, str(error))
    problems = [said for at, _, said in desk.judge.checked(made).problems if at >= line]
    if problems:
        return _refused(request, problems[0])
    desk.changes.save_draft(person, desk.engine, made, base)
    return Response(status_code=200, headers={"HX-Redirect": f"/rules/edit?line={line}"})


def _rule(
    owner: str, rule: str, description: str, when: str, does: Does, points: str, mode: str
) -> dict[str, Any]:
    """As a document has it. Raises `RulesetError`."""
    fields: dict[str, Any] = {
        "id": rule.strip(), "description": description.strip(), "owner": owner,
        "when": " ".join(when.split()),
    }  # fmt: skip
    if does == SCORE:
        try:
            fields["score"] = int(points)
        except ValueError:
            raise RulesetError("say how many points: a whole number from -100 to 100") from None
    else:
        fields["action"] = does
    return fields | ({"mode": mode} if mode != "live" else {})


def _refused(request: Request, why: str) -> Response:
    return render(request, "rules/refused.html.j2", {"why": f"not added: {why}"})
