"""Ordering an engine that is down to pass over a control (`streams.engine.input.pass_over`).

Invariant: the order names the place where the engine's journal ends. An engine that has gone on since
withdraws nothing by it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.messages import (
    ChallengerChange,
    Change,
    JudgePart,
    ModelChange,
    PolicyChange,
    PromoteChange,
    Role,
    RulesetChange,
)
from models.trust import SigningKey
from streams.control_plane.controls import control_at
from streams.control_plane.key_changes import in_force_keys
from streams.engine.input import PassOver, write_order
from streams.engine.recovery import last_entry
from streams.errors import Misconfigured
from streams.kafka import Topics
from streams.keys import keyring_of
from streams.settings import Settings

TARGETS: Final[dict[type, JudgePart]] = {
    ModelChange: "model",
    PromoteChange: "model",
    ChallengerChange: "challenger",
    RulesetChange: "ruleset",
    PolicyChange: "policy",
}


@dataclass(frozen=True)
class PassOverOrder:
    """An order as it was written."""

    path: Path
    described: str
    """The order in words."""


def order_pass_over(settings: Settings, engine: str, offset: int, author: str, reason: str) -> PassOverOrder:
    """Writes the order for the control at this offset. Raises `Misconfigured` for what is no control that can
    be passed over.
    """
    topic = Topics(engine)["controls"]
    found = control_at(settings.kafka(), engine, offset)
    if found is None:
        raise Misconfigured(f"there is no control at offset {offset} of {topic}: `tollgate rules history`")
    change: Change = found.control.change
    target = TARGETS.get(type(change))
    if target is None:
        raise Misconfigured(
            f"offset {offset} of {topic} is a change of kind {type(change).__struct_config__.tag}: models, "
            "rulesets and policies can be passed over; take a list entry back with `tollgate lists remove`"
        )
    entry = last_entry(settings.kafka(), engine)
    installation, key = _signing_key(settings, engine)
    after = 0 if entry is None else entry.number
    order = PassOver(installation, engine, offset, target, after, author, reason)
    path = write_order(settings.home / "engines" / engine / "pass-over", order, key)
    applied_to = 0 if entry is None else entry.positions.get(topic, 0)
    how = "withdrawn" if offset < applied_to else "skipped"
    return PassOverOrder(
        path, f"the {target} of {found.control.author} at offset {offset} of {topic} will be {how}"
    )


def _signing_key(settings: Settings, engine: str) -> tuple[str, SigningKey | None]:
    """The installation, and the key of operations; none where controls are not signed. Raises `Misconfigured`
    where they are and this host has no such key.
    """
    keys = in_force_keys(settings, engine)
    if keys is None:
        return "", None
    keyring = keyring_of(settings)
    found = keyring.for_role(keys, Role.OPERATIONS) if keyring else None
    if found is None:
        raise Misconfigured(
            f"no key in {settings.keys_folder} has the role operations on {engine}: `tollgate keys list` "
            "shows who has it"
        )
    return keys.root.installation, found[1]
