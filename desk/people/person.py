"""A person who works with Tollgate."""

from dataclasses import dataclass
from uuid import UUID

from desk.people.roles import MAY, Action, Role


@dataclass(frozen=True)
class Person:
    """Who somebody is and what they may see and do.

    accounts: the merchant accounts whose payments they may see; None for all of them.
    """

    user_id: UUID
    name: str
    roles: frozenset[Role]
    accounts: frozenset[str] | None

    def may(self, action: Action) -> bool:
        """Whether one of their roles may do this.

        >>> from uuid import UUID
        >>> author = Person(UUID(int=1), "author", frozenset({Role.RULE_AUTHOR}), None)
        >>> author.may(Action.CHANGE_RULES), author.may(Action.APPROVE_RULES)
        (True, False)
        """
        return bool(MAY[action] & self.roles)

    def sees(self, merchant_account: str) -> bool:
        """Whether payments of this merchant account are theirs to see."""
        return self.accounts is None or merchant_account in self.accounts

    def covers(self, accounts: frozenset[str] | None) -> bool:
        """Whether they see all that somebody with these merchant accounts sees."""
        return self.accounts is None or (accounts is not None and accounts <= self.accounts)
