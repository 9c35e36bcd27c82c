"""The boards, one a module: what is asked and how it is shown, for Grafana and for our own pictures.

Invariants: a query names only what `streams.metrics` declares, rules record, or views of the warehouse hold;
every query runs in tests and gives the columns that its panel names.
"""

from typing import Final

from dashboards.boards.arrivals import ARRIVALS
from dashboards.boards.decided import DECIDED
from dashboards.boards.downstream import DOWNSTREAM
from dashboards.boards.engine import ENGINE
from dashboards.boards.fraud import FRAUD
from dashboards.boards.health import HEALTH
from dashboards.boards.issuers import ISSUERS
from dashboards.boards.judgement import JUDGEMENT
from dashboards.boards.promises import PROMISES

BOARDS: Final = (HEALTH, ENGINE, JUDGEMENT, ARRIVALS, DOWNSTREAM, PROMISES, DECIDED, FRAUD, ISSUERS)
"""In the order in which they are read."""

__all__ = ["BOARDS"]
