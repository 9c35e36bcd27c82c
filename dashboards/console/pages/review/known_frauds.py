"""Which payments under review are known as fraud already: asked of the warehouse, within their accounts.

Invariants
- A page waits `PAGE_WAITS_S` for its turn and as long for the answer, however slow the warehouse is: the
  queue goes on, and says that labels could not be read. A verdict waits for its answer.
- At most `AT_ONCE_MAX` questions of pages are under way; one whose turn does not come is not asked.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextvars import copy_context
from datetime import UTC
from typing import Final

from dashboards.console.parts import ConsoleParts
from desk.accounts import Person
from desk.reviews import Frauds, KnownFraud, Review
from streams.errors import Outage

PAGE_WAITS_S: Final = 1.0
AT_ONCE_MAX: Final = 4
_POOL: Final = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="known-frauds")
_PLACES: Final = threading.BoundedSemaphore(AT_ONCE_MAX)


def known_frauds(parts: ConsoleParts, person: Person, reviews: Sequence[Review]) -> Frauds | None:
    """By id of the review. None where the warehouse does not answer."""
    if not reviews:
        return {}
    asked = {"engine": parts.engine, "payment_ids": sorted({each.payment_id for each in reviews})}
    try:
        rows = parts.warehouse.rows("review/known_frauds", asked, person.accounts)
    except Outage:
        return None
    found = {}
    for row in rows:
        label = KnownFraud(str(row["source"]), row["last_known_at"].replace(tzinfo=UTC), int(row["attempt"]))
        found[str(row["merchant_account"]), str(row["payment_id"])] = label
    keys = {each.review_id: (each.merchant_account, each.payment_id) for each in reviews}
    return {review_id: found[key] for review_id, key in keys.items() if key in found}


def known_frauds_soon(
    parts: ConsoleParts, person: Person, reviews: Sequence[Review], wait_s: float = PAGE_WAITS_S
) -> Frauds | None:
    """The same for a page: None as well where the answer takes too long."""
    if not _PLACES.acquire(timeout=wait_s):
        return None
    future = _POOL.submit(copy_context().run, known_frauds, parts, person, reviews)
    future.add_done_callback(lambda _: _PLACES.release())
    try:
        return future.result(wait_s)
    except FutureTimeout:
        return None
