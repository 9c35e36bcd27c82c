"""The search box: payments, tokens, the last four of a card, merchants, rules and pages, by how they begin.

Invariant: a person finds what they may see, within their merchant accounts, and nothing else; that something
exists beyond is not told.
"""

from dashboards.console.search.routes import router

__all__ = ["router"]
