"""What publishing writes into a change that leaves it open, because a default of the engine would be known to
everybody or change decisions already made.

- A holdout or a trial without a salt gets a random one. Who is drawn follows from salt and card: with a salt
  that is known, a fraudster could look for cards that are approved whatever they do.
- A policy that does not say what rules may put on lists gets the defaults (`models.lists.put_limits`).

Never in the engine: it takes a change as the log has it.
"""

import secrets
from typing import Any, NamedTuple

import msgspec

from models.lists import PutLimits
from models.messages import Change, PolicyChange

SALT_BYTES = 16


class CompleteChange(NamedTuple):
    """A change as it goes on the log, and what was written into it, in words."""

    change: Change
    notes: tuple[str, ...] = ()


def new_salt() -> str:
    """A salt that nobody can guess."""
    return secrets.token_hex(SALT_BYTES)


def completed(change: Change) -> CompleteChange:
    """The change with what it left open. What cannot be a policy stays as it is, to be refused."""
    if not isinstance(change, PolicyChange):
        return CompleteChange(change)
    policy: dict[str, Any] = dict(change.policy)
    notes = []
    holdout = policy.get("holdout")
    if isinstance(holdout, dict) and not holdout.get("salt"):
        policy["holdout"] = {**holdout, "salt": new_salt()}
        notes.append("holdout.salt was empty: a random one was written into the policy")
    if "list_puts" not in policy:
        limits = PutLimits()
        policy["list_puts"] = msgspec.to_builtins(limits)
        notes.append(
            f"list_puts was not given: rules may make {limits.per_hour:,} new entries of a list an hour, "
            "none of private or shared networks"
        )
    return CompleteChange(PolicyChange(policy), tuple(notes))
