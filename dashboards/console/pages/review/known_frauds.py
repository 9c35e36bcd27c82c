"""Which payments under review are known as fraud already: asked of the warehouse, within their accounts."""

from collections.abc import Sequence
from datetime import UTC

from dashboards.console.parts import ConsoleParts
from desk.accounts import Person
from desk.reviews import Frauds, KnownFraud, Review
from streams.errors import Outage


def known_frauds(parts: ConsoleParts, person: Person, reviews: Sequence[Review]) -> Frauds | None:
    """By id of the review. None where the warehouse does not answer: the queue goes on, and says so."""
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
