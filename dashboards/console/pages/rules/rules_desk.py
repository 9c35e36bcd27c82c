"""What the Rules page works with: proposals, backtests, the check of a text, and the way onto the log."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final, Protocol

from fastapi import Depends

from dashboards.console.parts import Parts
from desk.audit import AuditTrail
from desk.changes import Backtests, Changes, ControlPlanePublisher, Publisher
from models.rules import RulesetCost, RulesetSourceError, check_ruleset, read_ruleset
from models.rules.language import Schema
from models.versions import content_version
from streams.control_plane import history, in_use, live, ruleset_cost
from streams.engine.decision import rule_schema
from streams.errors import Misconfigured, Outage
from streams.settings import Settings

CHECKS_AT_ONCE: Final = 2
CHECK_WAIT_S: Final = 5.0
PROBLEMS_SHOWN: Final = 20


@dataclass(frozen=True)
class CheckedText:
    """A text, and what is wrong with it or what it costs."""

    text: str
    document: dict[str, Any] | None = None
    """None where it cannot be used."""
    problems: tuple[tuple[int, int, str], ...] = ()
    """Line and column from 1, and what is wrong there."""
    cost: RulesetCost | None = None

    @property
    def version(self) -> str:
        """The version decisions would cite; empty where it cannot be used."""
        return "" if self.document is None else content_version(self.document)


class RulesetJudge(Protocol):
    """What the engine would say."""

    def checked(self, text: str) -> CheckedText:
        """The text against the columns there are. Raises `Outage` where too many are checked at once."""
        ...

    def live_version(self) -> str:
        """What is live at the log's end; empty where nothing is."""
        ...

    def columns(self) -> Schema:
        """What rules may name, with its type."""
        ...


class EngineJudge:
    """Asks as the engine will: its catalogue, its log."""

    _turn = threading.BoundedSemaphore(CHECKS_AT_ONCE)

    def __init__(self, settings: Settings, engine: str) -> None:
        self._settings, self._engine = settings, engine

    def checked(self, text: str) -> CheckedText:
        """See `RulesetJudge`."""
        with self._place():
            try:
                document = read_ruleset(text).document
                check_ruleset(text, rule_schema(in_use(self._settings)))
                return CheckedText(text, document, cost=ruleset_cost(self._settings, document))
            except RulesetSourceError as error:
                problems = tuple((one.line, one.column, one.message) for one in error.problems)
                return CheckedText(text, problems=problems[:PROBLEMS_SHOWN])

    def live_version(self) -> str:
        """See `RulesetJudge`."""
        now = live(history(self._settings.kafka(), self._engine, in_use(self._settings)))
        return "" if now is None else now.version

    def columns(self) -> Schema:
        """See `RulesetJudge`."""
        return rule_schema(in_use(self._settings))

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=CHECK_WAIT_S):
            raise Outage(f"more than {CHECKS_AT_ONCE} rulesets are being checked: go on in a moment")
        try:
            yield
        finally:
            self._turn.release()


@dataclass(frozen=True)
class RulesDesk:
    """All of it for one engine."""

    engine: str
    changes: Changes
    backtests: Backtests
    publisher: Publisher
    judge: RulesetJudge


def rules_desk(parts: Parts) -> RulesDesk:
    """The real ones; tests put others in their place."""
    settings = parts.settings
    if settings is None:
        raise Misconfigured("this console was started without settings: rules can be read, not changed")
    return RulesDesk(
        parts.engine,
        Changes(parts.database, AuditTrail(parts.now), parts.now),
        Backtests(parts.database, parts.now),
        ControlPlanePublisher(settings),
        EngineJudge(settings, parts.engine),
    )


Desk = Annotated[RulesDesk, Depends(rules_desk)]
