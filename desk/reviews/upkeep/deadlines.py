"""What happens when nobody has spoken in time: the stated default is applied, and told.

Whoever holds the payment is told on ENGINE.reviews. No label is sent: that no person looked says nothing of
what the payment is, and a label would teach models that it does.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from desk.bus import put
from desk.reviews.desk import DEADLINE, ReviewDesk
from desk.reviews.messages import outcome_message
from desk.reviews.upkeep.sql_text import sql
from models.messages import ReviewEnd

log = logging.getLogger(__name__)

MOST: Final = 500
VIEWERS_KEPT: Final = timedelta(hours=1)


def apply_defaults(desk: ReviewDesk, now: datetime) -> int:
    """Applies the default to open payments whose deadline has passed, `MOST` at a time; how many."""
    with desk.database.transaction() as connection:
        connection.execute(sql("forget_viewers"), {"before": now - VIEWERS_KEPT})
        asked = {"engine": desk.engine, "now": now, "most": MOST}
        rows = connection.execute(sql("past_deadline"), asked).fetchall()
        if not rows:
            return 0
        default = desk.rules.default
        change = {"reviews": [row["review_id"] for row in rows], "conclusion": default, "now": now}
        connection.execute(sql("lapse"), change)
        for row in rows:
            held = {} if row["claimed_name"] is None else {"claimed_by": row["claimed_name"]}
            desk.note(connection, DEADLINE, "review_lapsed", row, default=default, **held)
            put(connection, outcome_message(desk.engine, row, default, ReviewEnd.DEFAULT, now, now))
    log.warning(
        "%d payments of %s had no verdict by their deadline: the default, %s, was applied. See page Review",
        len(rows), desk.engine, default,
    )  # fmt: skip
    return len(rows)
