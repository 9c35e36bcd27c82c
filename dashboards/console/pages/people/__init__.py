"""People: who may come in, what they may do, and within which merchant accounts.

Invariants: a person is managed within the manager's own merchant accounts; a one-time link is shown once, in
the answer to whoever made it, and is kept nowhere.
"""

from dashboards.console.pages.people.routes import PAGE

__all__ = ["PAGE"]
