"""Pages about the engine as a whole: its rules, lists, models and pipeline are one for all merchants.

A person who may see some merchant accounts only is refused there: a sum over all would tell of others, and
a change would judge their payments.
"""

from fastapi import Request

from dashboards.console.security import Forbidden, person_of


def engine_wide(request: Request) -> None:
    """Raises Forbidden for a person who sees some merchant accounts only. A dependency of a page's router."""
    person = person_of(request)
    if person is not None and person.accounts is not None:
        raise Forbidden(
            "This page is about the whole engine, and you see some merchant accounts only: ask somebody who "
            "sees all of them"
        )
