"""What is known of models, from sums, is what a plain look at the payments says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from clickhouse_connect.driver.client import Client

from dashboards.console.pages.models.model_figures import EDGES
from dashboards.console.warehouse import query_text
from models.messages.decision import Decision, Verdict
from models.messages.label import LabelValue
from streams.warehouse.database import Database
from tests.console.busy_warehouse import BusyWarehouse

ENGINE: Final = "known-truth"
ASKED: Final[dict[str, Any]] = {
    "engine": ENGINE, "accounts": [], "days": 30, "silent_days": 3, "edges": list(EDGES),
}  # fmt: skip
BUSY: Final = datetime.now(UTC) - timedelta(days=5)
"""Its payments of a week before are silent for long enough, and so are its newest ones."""
LABELS: Final = (LabelValue.FRAUD, LabelValue.LEGITIMATE, LabelValue.FRIENDLY, LabelValue.UNKNOWN)


class Filled:
    """Payments of which every fifth is labelled, some of them twice."""

    def __init__(self, client: Client) -> None:
        self.client = client
        busy = BusyWarehouse(ENGINE, int(BUSY.timestamp() * 1000))
        for number, payment in enumerate(busy.payments[:-20:5]):
            busy._label(payment, LABELS[number % 4], "analyst")
            if number % 6 == 0:
                busy._label(payment, LabelValue.FRAUD, "chargeback")
        self.busy = busy
        busy.sink(client)

    def truth(self, payment_id: str) -> str:
        """The label that stands; empty without one."""
        rows = self.client.query(
            "SELECT label FROM v_payment_labels WHERE engine = {e:String} AND payment_id = {p:String}",
            parameters={"e": ENGINE, "p": payment_id},
        ).result_rows
        return str(rows[0][0]) if rows else ""


@pytest.fixture(scope="module")
def filled(database: Database) -> Iterator[Filled]:
    client = database.client()
    yield Filled(client)
    client.close()


def counted(decisions: list[Decision], filled: Filled) -> dict[int, tuple[int, int, int]]:
    """By bin: payments whose truth is known, frauds, and millionths."""
    bins: dict[int, tuple[int, int, int]] = {}
    for each in decisions:
        truth = filled.truth(each.payment_id)
        is_known = truth in ("fraud", "legitimate") or (not truth and each.verdict is Verdict.APPROVE)
        if is_known and each.probability is not None:
            place = sum(each.probability >= edge for edge in EDGES) - 1
            payments, frauds, millionths = bins.get(place, (0, 0, 0))
            more = round(each.probability * 1_000_000)
            bins[place] = payments + 1, frauds + (truth == "fraud"), millionths + more
    return bins


def test_bins_hold_the_labelled_and_the_silent(filled: Filled) -> None:
    rows = filled.client.query(query_text("models/bins"), parameters=ASKED).result_rows
    found = {place: (payments, frauds, round(1e6 * said)) for _, _, place, payments, frauds, said in rows}
    assert found == counted(filled.busy.decisions, filled)
    assert sum(frauds for _, frauds, _ in found.values()) > 20
