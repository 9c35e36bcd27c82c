"""What people keep for themselves or share: named views of lists, and statements of the page Explore.

Invariant: a person changes their own only; what others share never shows more than its reader may see. All of
it is bounded, in size and in number, by constraints of the tables. Imports `desk.people`, `desk.database`.
"""

from desk.views.named_views import NamedView, NamedViews
from desk.views.refusals import (
    KeptElsewhereError,
    NameTakenError,
    NotYoursError,
    TooManyKeptError,
    ViewRefusedError,
)
from desk.views.saved_queries import Chart, SavedQueries, SavedQuery
from desk.views.selection import (
    BadSelectionError,
    Filter,
    FixedDates,
    Order,
    RelativeDates,
    Selection,
    selection_of,
)

__all__ = [
    "BadSelectionError",
    "Chart",
    "Filter",
    "FixedDates",
    "KeptElsewhereError",
    "NameTakenError",
    "NamedView",
    "NamedViews",
    "NotYoursError",
    "Order",
    "RelativeDates",
    "SavedQueries",
    "SavedQuery",
    "Selection",
    "TooManyKeptError",
    "ViewRefusedError",
    "selection_of",
]
