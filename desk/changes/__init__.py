"""Changes of rules by people: drafts, proposals approved by a second person, backtests before them.

Invariants
- What was approved is what is published, once (`publishing`).
- Author and approver are two people. What the approver saw is kept (`differences`).
- One publishes at a time in a process; who was fenced by another process publishes again, once (`turns`).
- One backtest at a time, in a process of its own, for a bounded time.

Imports `desk.database`, `streams.control_plane`, `streams.backtest`.
"""

from desk.changes.backtests import Backtest, BacktestBusy, Backtests
from desk.changes.changes import Changes, Draft
from desk.changes.differences import Difference
from desk.changes.direct import noted
from desk.changes.proposals import NoSuchProposal, Proposal, ProposalRefused, ProposalState, stated_reason
from desk.changes.publishing import (
    ControlPlanePublisher,
    Publisher,
    publish_approved,
    publish_what_was_left,
)
from desk.changes.seconds import AskedChange, SecondPerson
from desk.changes.turns import PublishingTurn, publish_past_others

__all__ = [
    "AskedChange",
    "Backtest",
    "BacktestBusy",
    "Backtests",
    "Changes",
    "ControlPlanePublisher",
    "Difference",
    "Draft",
    "NoSuchProposal",
    "Proposal",
    "ProposalRefused",
    "ProposalState",
    "Publisher",
    "PublishingTurn",
    "SecondPerson",
    "noted",
    "publish_approved",
    "publish_past_others",
    "publish_what_was_left",
    "stated_reason",
]
