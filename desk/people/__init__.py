"""Who people are and what each role may do. Pure: no database, no clock.

`desk.accounts` hands these names on; `desk.audit` and everything above speaks of people in them.
"""

from desk.people.person import Person
from desk.people.roles import MAY, Action, Role

__all__ = ["MAY", "Action", "Person", "Role"]
