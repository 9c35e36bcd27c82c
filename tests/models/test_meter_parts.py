"""Parts of the meters: programmes as a document, projection, enumeration, reports of disputes."""

from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages import Channel, DisputeStage, ReversalGround
from models.meters import (
    Programmes,
    ProgrammesError,
    ReportKind,
    ReportRows,
    Resolution,
    StageRow,
    parsed_month,
    reports,
)
from models.meters.programmes import SHIPPED
from models.meters.projection import project

DAY = 86_400_000


# ---- programmes ----


def document(**changes: Any) -> bytes:
    shipped: dict[str, Any] = msgspec.to_builtins(SHIPPED, builtin_types=(date,))
    return msgspec.toml.encode(_without_nulls(shipped | changes))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list | tuple) else value


def test_the_shipped_programmes_are_read_as_they_were_written() -> None:
    assert Programmes.from_bytes(document()) == SHIPPED


def test_every_country_has_a_region_of_each_scheme() -> None:
    for code in ("FR", "US", "BR", "JP", "AE", "ZA", "RU", "KE"):
        assert SHIPPED.region("visa", code), code
        assert SHIPPED.region("mastercard", code), code
    assert SHIPPED.region("visa", None) is None
    assert SHIPPED.region("law", "US") is None


def test_every_programme_names_its_source() -> None:
    assert all(len(programme.source) > 100 for programme in SHIPPED.programmes)
    assert all(table.source for table in SHIPPED.tra)


LEVEL = {"name": "x", "events_from": 10}
PERIOD = {"from": date(2026, 1, 1), "regions": ["us"], "levels": [LEVEL]}
PROGRAMME = {
    "id": "p", "title": "P", "scheme": "visa", "subject": "merchant", "counts": "disputes",
    "over": "report_month", "source": "ours", "periods": [PERIOD],
}  # fmt: skip


def of_period(**changes: Any) -> dict[str, Any]:
    return {"programmes": [PROGRAMME | {"periods": [PERIOD | changes]}]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 2}, "version 2"),
        ({"programmes": [PROGRAMME, PROGRAMME]}, "'p' is there twice"),
        (of_period(regions=["mars"]), "no region 'mars'"),
        (of_period(**{"from": date(2026, 1, 2)}), "first of a month"),
        (of_period(until=date(2026, 1, 1)), "is over on"),
        (
            {"programmes": [PROGRAMME | {"periods": [PERIOD, PERIOD | {"from": date(2026, 3, 1)}]}]},
            "in force at once for us, from 2026-03-01",
        ),
        (of_period(levels=[{"name": "x"}]), "at least one of events_from"),
        (of_period(levels=[LEVEL | {"amount_from": 1}]), "amount_from and currency"),
        (of_period(levels=[LEVEL | {"amount_from": 1, "currency": "XXX"}]), "'XXX' is not a currency"),
        ({"programmes": [PROGRAMME | {"colour": "red"}]}, "unknown field `colour`"),
        ({"regions": {"visa": {"us": ["US"], "eu": ["US"]}}, "programmes": []}, "US is in two regions"),
        ({"regions": {"visa": {"us": ["usa"]}}, "programmes": []}, "'usa' is not a country code"),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_used_says_where_and_why(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ProgrammesError, match=words):
        Programmes.from_bytes(document(**changes))


def test_what_is_no_toml_and_an_unknown_programme_are_refused_by_name() -> None:
    with pytest.raises(ProgrammesError, match="programmes:"):
        Programmes.from_bytes(b"version = [")
    with pytest.raises(ProgrammesError, match="expected one of visa_vamp_merchant"):
        SHIPPED.levels("vamp", "FR", parsed_month("2026-04"))


# ---- projection ----


@given(
    st.lists(st.integers(0, 1_000), max_size=70),
    st.integers(-100, 100),
    st.integers(0, 60),
    st.integers(1, 31),
)
def test_projection_is_what_the_days_left_bring_by_their_weekdays(
    daily: list[int], first_day: int, skip: int, length: int
) -> None:
    start = first_day + skip
    got = project(np.array(daily, np.int64), first_day, start, start + length)
    by_day = {first_day + place: count for place, count in enumerate(daily)}
    so_far = sum(count for day, count in by_day.items() if start <= day < start + length)
    left = [day for day in range(start, start + length) if day not in by_day] if daily else []
    more = sum((mean_of_weekday(by_day, day) for day in left), Fraction(0))
    assert (got.so_far, got.expected) == (so_far, so_far + ceil(more))
    assert so_far <= got.low <= got.expected <= got.high


@pytest.mark.parametrize(
    ("more", "spread"),
    [(0, 0), (1, 2), (2, 3), (3, 4), (4, 4), (6, 5), (7, 6), (15, 8), (16, 8), (17, 9), (2**62, 2**32)],
)
def test_two_deviations_are_rounded_up_once(more: int, spread: int) -> None:
    """Twice the root: of 2 it is 2.83, of 3 3.46, of 6 4.90, of 7 5.29, of 15 7.75, of 17 8.25."""
    got = project(np.array([more]), 0, 1, 2)
    assert (got.so_far, got.expected, got.low, got.high) == (0, more, max(0, more - spread), more + spread)


def mean_of_weekday(by_day: dict[int, int], day: int) -> Fraction:
    known = sorted(by_day)
    same = [by_day[each] for each in known if (each - day) % 7 == 0][-4:] or [by_day[each] for each in known][
        -28:
    ]
    return Fraction(sum(same), len(same))


# ---- reports ----


def stage(
    name: DisputeStage, at_day: int, *, dispute: str = "d", code: str | None = "10.4", payment: str = "p",
    ground: ReversalGround | None = None, channel: Channel | None = None, scheme: str | None = "Visa",
) -> StageRow:  # fmt: skip
    return StageRow(
        payment, "shop", "bank", "FR", dispute, name, at_day * DAY, scheme, code, ground, channel, 500, "EUR"
    )


def summary(rows: ReportRows) -> list[tuple[ReportKind, int, Resolution, int]]:
    return [
        (ReportKind(kind), at // DAY, Resolution(resolution), resolved if resolved < 0 else resolved // DAY)
        for kind, at, resolution, resolved in zip(
            rows.kinds, rows.reported_at.tolist(), rows.resolutions, rows.resolved_at.tolist(), strict=True
        )
    ]


NOTICE, DISPUTE = ReportKind.FRAUD_NOTICE, ReportKind.DISPUTE
S, G = DisputeStage, ReversalGround


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ([stage(S.INQUIRY, 1)], []),
        ([stage(S.CHARGEBACK, 2), stage(S.REPRESENTMENT, 9)], [(DISPUTE, 2, Resolution.NONE, -1)]),
        ([stage(S.REPRESENTMENT, 9)], [(DISPUTE, 9, Resolution.NONE, -1)]),
        (
            [stage(S.FRAUD_NOTICE, 1, dispute="n"), stage(S.CHARGEBACK, 5)],
            [(NOTICE, 1, Resolution.NONE, -1), (DISPUTE, 5, Resolution.NONE, -1)],
        ),
        (
            [stage(S.FRAUD_NOTICE, 1, dispute="n"), stage(S.PREVENTED, 5)],
            [(NOTICE, 1, Resolution.PRE_DISPUTE, 5), (DISPUTE, 5, Resolution.PRE_DISPUTE, 5)],
        ),
        (
            [stage(S.CHARGEBACK, 2), stage(S.REVERSED, 8, ground=G.PARTICIPATION_SHOWN)],
            [(DISPUTE, 2, Resolution.COMPELLING_EVIDENCE, 8)],
        ),
        (
            [stage(S.CHARGEBACK, 2), stage(S.REVERSED, 8, ground=G.LIABILITY_SHIFTED)],
            [(DISPUTE, 2, Resolution.NONE, -1)],
        ),
        (
            [
                stage(S.FRAUD_NOTICE, 1, dispute="n"),
                stage(S.CHARGEBACK, 3, code="13.1"),
                stage(S.REVERSED, 8, code="13.1", ground=G.PARTICIPATION_SHOWN),
            ],
            [(NOTICE, 1, Resolution.NONE, -1), (DISPUTE, 3, Resolution.NONE, -1)],
        ),
        (
            [stage(S.CHARGEBACK, 2, code="4837", scheme="mastercard"), stage(S.CHARGEBACK, 2, payment="q")],
            [(DISPUTE, 2, Resolution.NONE, -1), (DISPUTE, 2, Resolution.NONE, -1)],
        ),
    ],
)
def test_reports_of_disputes(stages: list[StageRow], expected: list[tuple[Any, ...]]) -> None:
    assert summary(reports(stages)) == expected
    assert summary(reports([*reversed(stages), *stages])) == expected, "order and repetition do not matter"


def test_stages_that_tie_are_reported_in_whichever_order_they_come() -> None:
    """Of ten amounts the least counts, and a claim with a code before one without."""
    amounts = [stage(S.CHARGEBACK, 2)._replace(amount=number) for number in range(7, 17)]
    codes = [stage(S.CHARGEBACK, 2, code=code)._replace(amount=7) for code in (None, "13.1")]
    channels = [row._replace(channel=channel) for row in codes for channel in (None, Channel.POS)]
    rows = [row._replace(scheme=scheme) for row in channels for scheme in (None, "visa")]
    found = [reports(order) for order in ([*rows, *amounts], [*reversed(amounts), *reversed(rows)])]
    for each in found:
        assert [column.tolist() for column in vars(each).values()] == [
            column.tolist() for column in vars(found[0]).values()
        ]
        assert each.amounts.tolist() == [7]
        assert each.schemes.tolist() == ["visa"]


def test_payments_that_share_a_dispute_are_reported_in_one_order() -> None:
    rows = [stage(S.CHARGEBACK, 2, payment=f"p{number}", channel=Channel.POS if number % 3 else None)
            for number in range(12)]  # fmt: skip
    assert reports(rows).card_absent.tolist() == reports([*reversed(rows)]).card_absent.tolist()
    assert reports(rows).card_absent.tolist() == [False] * 8 + [True] * 4


def test_reports_say_scheme_claim_and_channel() -> None:
    rows = reports(
        [stage(S.CHARGEBACK, 1, code="13.1", channel=Channel.POS), stage(S.FRAUD_NOTICE, 0, code=None)]
    )
    assert rows.schemes.tolist() == ["visa", "visa"]
    assert rows.fraud.tolist() == [True, False]
    assert rows.card_absent.tolist() == [True, False]
