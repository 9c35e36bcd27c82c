"""Payments: the list of what was decided, chosen by verdict, merchant, account, time, amount, rule,
country, BIN or currency.

`PaymentFilters` is a selection; a named view keeps its address.
"""

from dashboards.console.pages.payments.filters import PaymentFilters, filters_of
from dashboards.console.pages.payments.routes import PAGE

__all__ = ["PAGE", "PaymentFilters", "filters_of"]
