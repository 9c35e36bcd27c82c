"""Live: payments, verdicts, latency and money stopped, minute by minute, for everybody from one poll."""

from dashboards.console.pages.live.routes import PAGE

__all__ = ["PAGE"]
