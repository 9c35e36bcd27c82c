"""What a form says of a person's rights."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Form

from desk.accounts import Person, Role

SEPARATORS: Final = re.compile(r"[,\s]+")
ROLES: Final = {
    Role.VIEWER: "sees figures and payments, without tokens",
    Role.ANALYST: "explores, exports, changes lists",
    Role.REVIEWER: "decides on payments that wait for a person",
    Role.RULE_AUTHOR: "writes rules and lists, and asks for their approval",
    Role.APPROVER: "approves rules, models and large reviews; reads the audit trail",
    Role.ADMIN: "manages people and the pipeline; reads the audit trail",
}
"""What each role is for, in a line."""


@dataclass(frozen=True)
class RightsForm:
    """Roles and merchant accounts as they were filled in. `accounts` is None for all of them."""

    roles: frozenset[Role]
    accounts: frozenset[str] | None


def rights_form(
    role: Annotated[list[Role] | None, Form()] = None,
    every_account: Annotated[str, Form(max_length=1)] = "",
    accounts: Annotated[str, Form(max_length=20_000)] = "",
) -> RightsForm:
    """Reads the fields `role`, `every_account` and `accounts`."""
    named = frozenset(filter(None, SEPARATORS.split(accounts)))
    return RightsForm(frozenset(role or ()), None if every_account else named)


FilledIn = Annotated[RightsForm, Depends(rights_form)]


def of_person(person: Person) -> RightsForm:
    """The rights that a person has."""
    return RightsForm(person.roles, person.accounts)
