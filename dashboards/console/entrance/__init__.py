"""How people come in: sign-in, one-time links, one's own account, sign-out.

Invariants: a link is used by POST alone, so that whatever opens addresses ahead of people does not use it up;
a refusal is worded the same whatever its cause.
"""

from dashboards.console.entrance.routes import router

__all__ = ["router"]
