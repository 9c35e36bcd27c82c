"""What was published and is not in effect yet, as far as the log says: seconds, and told while they last."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dashboards.console.pages.rules.rulesets import LoggedRuleset
from desk.changes import Proposal, ProposalState

LATE: Final = timedelta(minutes=2)
"""The engine takes a control up within seconds: after this something is wrong, and the page stops asking."""
FORGOTTEN: Final = timedelta(hours=1)


@dataclass(frozen=True)
class TakingUp:
    """A published ruleset that the log does not confirm yet."""

    proposal: Proposal
    is_late: bool


def taking_up(
    proposals: Iterable[Proposal], in_effect: LoggedRuleset | None, now: datetime
) -> TakingUp | None:
    """The newest published one; None where it, or one after it, is in effect, or it is long ago."""
    published = [(one.published_at, one) for one in proposals if one.state is ProposalState.PUBLISHED]
    at, newest = max(
        ((at, one) for at, one in published if at is not None), key=lambda each: each[0], default=(None, None)
    )
    if at is None or newest is None or now - at > FORGOTTEN or _is_done(newest, in_effect):
        return None
    return TakingUp(newest, now - at > LATE)


def _is_done(newest: Proposal, in_effect: LoggedRuleset | None) -> bool:
    if in_effect is None or newest.decided_at is None:
        return False
    live_from = in_effect.live_from
    live_from = live_from.replace(tzinfo=newest.decided_at.tzinfo) if live_from.tzinfo is None else live_from
    return in_effect.version == newest.version or live_from > newest.decided_at
