"""Which rulesets went live on an engine, when, by whom and why: what it applied, from whatever topic.

Invariant: read from the log alone. A ruleset that the engine refused, or that does not compile against the
catalogue in use, is marked `refused`: the one before stays in effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.messages import RulesetChange
from models.rules import Ruleset, RulesetError
from models.versions import content_version
from streams.control_plane.controls import LoggedControl, logged
from streams.engine.decision import rule_schema
from streams.errors import Misconfigured


@dataclass(frozen=True)
class Publication:
    """One ruleset on the log."""

    offset: int
    at: int
    """When it was appended (ms)."""
    author: str
    reason: str
    version: str
    document: dict[str, Any]
    refused: str | None = None
    topic: str = ""
    """Where it lies; empty: on the `controls` topic."""
    waiting: bool = False
    """The engine has not come to it yet."""

    @property
    def name(self) -> str:
        return str(self.document.get("name", "?"))

    @property
    def rules(self) -> int:
        return len(self.document.get("rules") or ())


def history(bootstrap: str, engine: str, catalogue: Any) -> list[Publication]:
    """Every ruleset on the log, oldest first."""
    schema = rule_schema(catalogue)
    return [
        _publication(entry, entry.control.change.ruleset, schema)
        for entry in logged(bootstrap, engine, with_refused=True)
        if isinstance(entry.control.change, RulesetChange)
    ]


def _publication(entry: LoggedControl, document: dict[str, Any], schema: Any) -> Publication:
    control = entry.control
    refused = entry.refused
    try:
        Ruleset.from_dict(document).compile(schema)
    except RulesetError as error:
        refused = refused or str(error)
    return Publication(
        entry.offset,
        entry.appended_at,
        control.author,
        control.reason or "",
        content_version(document),
        document,
        refused,
        entry.topic,
        entry.waiting,
    )


def live(publications: Sequence[Publication]) -> Publication | None:
    """The ruleset that is live at the log's end."""
    return next((one for one in reversed(publications) if one.refused is None), None)


def named(publications: Sequence[Publication], version: str) -> Publication:
    """The version that begins so, or `live`. Raises `Misconfigured` where it is none, or several."""
    taken = {one.version: one for one in publications if one.refused is None}
    if version == "live":
        found = [one for one in [live(publications)] if one is not None]
    else:
        found = [one for known, one in taken.items() if version and known.startswith(version)]
    if len(found) != 1:
        known = ", ".join(taken) or "none was published yet"
        raise Misconfigured(
            f"{version!r} is neither a file nor one of the versions that were live, by its first digits: "
            f"{known}"
        )
    return found[0]


def earlier(publications: Sequence[Publication], version: str | None = None) -> Publication:
    """What to roll back to: the version that begins so, or the one that was live before the present one.

    Raises `Misconfigured` where there is none.
    """
    now = live(publications)
    others = [one for one in publications if one.refused is None and now and one.version != now.version]
    if version is None and not others:
        raise Misconfigured("no other ruleset was live before: there is nothing to roll back to")
    return others[-1] if version is None else named(publications, version)
