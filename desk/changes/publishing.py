"""Approved proposals onto the log, each once.

A proposal is approved in one transaction of the database and published after it. A process that dies between
leaves it approved: whoever asks next publishes it, or finds it on the log. Once, because the control's id is
the proposal's, and is looked for when no other publisher can write any more
(`streams.control_plane.publish_once`).
"""

import time
from datetime import datetime, timedelta
from typing import Final, Protocol

from desk.changes.changes import Changes, Somebody
from desk.changes.proposals import Proposal, ProposalRefused
from desk.changes.turns import TURN, publish_past_others
from models.messages import Control, RulesetChange
from models.versions import content_version
from streams.control_plane import check
from streams.errors import TollgateError
from streams.settings import Settings

APPROVERS_OWN: Final = timedelta(minutes=1)
"""So long the process in which somebody approved has to publish it."""


class Publisher(Protocol):
    """Puts a proposal on the log unless it is there, and gives its offset. Raises `TollgateError`."""

    def __call__(self, proposal: Proposal) -> int: ...


class ControlPlanePublisher:
    """The real one: checks the ruleset as the engine will, signs it, publishes it once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, proposal: Proposal) -> int:
        """See `Publisher`."""
        document = proposal.content
        if content_version(document) != proposal.version:
            raise ProposalRefused(f"proposal {proposal.proposal_id} is not version {proposal.version}")
        change = RulesetChange(document)
        check(self._settings, change)
        now = int(time.time() * 1000)
        author = (proposal.decided_by_name or proposal.author_name)[:128]
        control = Control(proposal.control_id, now, author, change, proposal.reason_on_the_log)
        return publish_past_others(self._settings, proposal.engine, control)


def publish_approved(
    changes: Changes, publisher: Publisher, proposal: Proposal, person: Somebody | None
) -> int:
    """The offset of an approved proposal. Raises `TollgateError`: it says why, and stays approved."""
    try:
        with TURN.taken():
            offset = publisher(proposal)
    except TollgateError as error:
        changes.could_not_be_published(proposal, str(error))
        raise
    changes.is_on_the_log(person, proposal, offset)
    return offset


def publish_what_was_left(
    changes: Changes, publisher: Publisher, engine: str, now: datetime
) -> list[Proposal]:
    """What was approved and never confirmed, oldest first; those that are still not on the log. What was
    approved just now is left to who approved it: of two publishers at once one fails, and a person would see.
    """
    left = []
    for proposal in changes.approved(engine, now - APPROVERS_OWN):
        try:
            publish_approved(changes, publisher, proposal, None)
        except TollgateError:
            left.append(proposal)
    return left
