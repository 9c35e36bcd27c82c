"""The oracle itself, by cases small enough to work out by hand: the meaning that the kernel is held to."""

from math import isnan, sqrt

import pytest

from features.catalogue import ENTITIES, Catalogue, Family
from features.catalogue import measures as m
from features.catalogue.measures import Measure
from features.columns.location import distance_km, pack
from features.columns.log_amount import log_steps
from models.messages.label import LabelValue
from models.messages.outcome import DeclineGroup, OutcomeKind
from tests.support.event_logs import DAY, HOUR, MINUTE, START, Event, attempt, columns, label, outcome
from tests.support.oracle import log_of, vectors

FRAUD, LEGITIMATE, UNKNOWN = LabelValue.FRAUD, LabelValue.LEGITIMATE, LabelValue.UNKNOWN
APPROVED, DECLINED = OutcomeKind.AUTHORISED, OutcomeKind.DECLINED
MONDAY = 1_700_438_400_000
"""2023-11-20 00:00 UTC."""


def values(
    log: list[Event], measure: Measure, window: str = "lifetime", *, entity: str = "card", other: str = ""
) -> list[float]:
    """One feature's values for the attempts of a log; those without that entity give -1."""
    family = Family(entity, measure, (window,), other or None, -1.0)
    return [row[0] for row in vectors(Catalogue(ENTITIES, [family]), columns(log))]


def payments(*times: int, amount: int = 100, **tokens: int) -> list[Event]:
    return [attempt(at, amount, adds=True, place=0, **{"card": 1, **tokens}) for at in times]


def test_a_window_is_open_at_its_far_end_and_excludes_only_the_payment_itself() -> None:
    log = payments(START, START, START + HOUR - 1, START + HOUR)
    assert values(log, m.PAYMENT_COUNT, "1h") == [0, 1, 2, 1]


def test_sums_means_and_ratios() -> None:
    log = [attempt(START + i, amount, card=1) for i, amount in enumerate([300, 100, 500, -7, 0])]
    assert values(log, m.AMOUNT_SUM, "1h") == [0, 300, 400, 900, 900]
    assert values(log, m.AMOUNT_MEAN, "1h") == [-1, 300, 200, 300, 225]
    assert values(log, m.AMOUNT_RATIO_TO_MEAN, "1h") == [-1, 1 / 3, 2.5, 0, 0]
    assert values(log, m.AMOUNT_MAX_OF, "1h") == [-1, 300, 300, 500, 500]


def test_a_ratio_to_a_sum_of_nothing_is_unknown() -> None:
    assert values(payments(START, START + 1, amount=0), m.AMOUNT_RATIO_TO_MEAN, "1h") == [-1, -1]


def test_deviation_counts_in_standard_deviations_of_log_amounts_but_never_in_less_than_an_eighth() -> None:
    log = [attempt(START + i, amount, card=1) for i, amount in enumerate([1, 3, 15, 15])]
    spread = sqrt((256**2 + 512**2 + 1024**2) / 3 - ((256 + 512 + 1024) / 3) ** 2)
    expected = [-1, (512 - 256) / 32, (1024 - 384) / 128, (1024 - (256 + 512 + 1024) / 3) / spread]
    assert values(log, m.AMOUNT_DEVIATION, "1h") == expected


@pytest.mark.parametrize("amount", [0, 1, 2, 3, 199, 9_999, 123_456_789, 2**40 - 1, 2**40])
def test_logarithms_by_digits_are_those_of_the_kernel(amount: int) -> None:
    assert log_of(amount) == log_steps(amount)


def test_the_same_amount_and_others_are_looked_for_among_the_last_32() -> None:
    log = [attempt(START + i, 100 + i // 20, card=1, device=1 + i % 40) for i in range(60)]
    assert values(log, m.SAME_AMOUNT_COUNT, "1h")[-1] == 19
    assert values(log, m.SAME_AMOUNT_COUNT, "1h")[40] == 0
    assert values(log, m.DISTINCT, "1h", other="device")[-1] == 32
    assert values([*log, attempt(START + 60, 101, card=1)], m.SAME_AMOUNT_COUNT, "1h")[-1] == 12


def test_absent_others_are_not_counted_and_an_absent_entity_gives_the_default() -> None:
    log = [attempt(START, card=1), attempt(START, card=1, ip=7), attempt(START, ip=7), attempt(START, card=1)]
    assert values(log, m.DISTINCT, "1h", other="ip") == [0, 0, -1, 1]
    assert values(log, m.PAYMENT_COUNT) == [0, 1, -1, 2]


def test_a_pair_is_present_only_with_both_parts_and_new_the_first_time() -> None:
    pairs = [(1, 1), (1, 2), (2, 1), (1, 0), (0, 1), (1, 1)]
    log = [attempt(START, card=card, device=device) for card, device in pairs]
    assert values(log, m.IS_NEW, entity="card_device") == [1, 1, 1, -1, -1, 0]


def test_read_only_attempts_see_the_log_but_do_not_enter_it() -> None:
    log = [attempt(START, card=1, adds=False), attempt(START, card=1), attempt(START, card=1, adds=False)]
    assert values([*log, attempt(START, card=1)], m.PAYMENT_COUNT, "1h") == [0, 0, 1, 1]


def test_hours_since_first_and_last() -> None:
    log = payments(START, START + HOUR, START + HOUR * 5 // 2)
    assert values(log, m.HOURS_SINCE_FIRST) == [-1, 1.0, 2.5]
    assert values(log, m.HOURS_SINCE_LAST) == [-1, 1.0, 1.5]


def test_a_silent_log_is_forgotten_after_its_longest_window_and_at_least_30_days() -> None:
    log = payments(START, START + 30 * DAY - 1, START + 60 * DAY - 1)
    assert values(log, m.HOURS_SINCE_FIRST) == [-1, 720 - 1 / HOUR, -1]
    assert values(log, m.PAYMENT_COUNT) == [0, 1, 0]
    assert values(payments(START, START + 40 * DAY), m.PAYMENT_COUNT, "90d") == [0, 1]


def test_any_window_of_a_log_keeps_all_of_it() -> None:
    families = [Family("card", m.HOURS_SINCE_FIRST), Family("card", m.AMOUNT_SUM, ("60d",))]
    log = columns(payments(START, START + 59 * DAY))
    assert vectors(Catalogue(ENTITIES, families), log)[1][0] == 59 * 24


def test_a_known_fraud_is_never_forgotten_nor_what_the_log_holds_besides() -> None:
    log = [label(START, FRAUD, card=1), label(START, LEGITIMATE, card=2)]
    log += [*payments(START + 3_000 * DAY), attempt(START + 3_000 * DAY, card=2)]
    assert values(log, m.FRAUD_COUNT) == [1, 0]
    assert values(log, m.HOURS_SINCE_FRAUD) == [3_000 * 24, -1]
    assert values(log, m.FRAUD_SHARE_OF_LABELS) == [1, -1]


def test_days_that_begin_within_a_long_window_count() -> None:
    noon = MONDAY + DAY // 2
    log = payments(MONDAY - 1, MONDAY, noon, MONDAY + 40 * DAY - 1, MONDAY + 40 * DAY)
    assert values(log, m.PAYMENT_COUNT, "40d") == [0, 1, 2, 2, 1]


def test_a_window_of_more_than_1024_events_is_counted_in_buckets_that_begin_within_it() -> None:
    start = START // MINUTE * MINUTE
    log = payments(*(start + 30_000 + i for i in range(1_026)), start + HOUR, start + HOUR + 30_000)
    counts = values(log, m.PAYMENT_COUNT, "1h")
    assert counts[1_024:1_026] == [1_024, 1_025]
    assert counts[1_026] == 0
    assert counts[1_027] == 1
    few = payments(*(start + 30_000 + i for i in range(1_024)), start + HOUR, start + HOUR + 30_000)
    assert values(few, m.PAYMENT_COUNT, "1h")[1_024:] == [1_024, 1_024]


def test_shares_of_nights_and_small_amounts() -> None:
    night = [attempt(MONDAY + 6 * HOUR - 1, 199, card=1), attempt(MONDAY + 6 * HOUR, 200, card=1)]
    log = [*night, attempt(MONDAY + 7 * HOUR, 0, card=1), attempt(MONDAY + 8 * HOUR, card=1)]
    assert values(log, m.NIGHT_SHARE, "24h") == [-1, 1, 1 / 2, 1 / 3]
    assert values(log, m.SMALL_SHARE, "24h") == [-1, 1, 1 / 2, 1 / 3]
    assert values(log, m.SMALL_COUNT, "24h") == [0, 1, 1, 1]


def test_declines_count_by_reason_and_over_the_issuers_answers() -> None:
    kinds = [
        (DECLINED, DeclineGroup.LIMIT_EXCEEDED),
        (DECLINED, None),
        (OutcomeKind.CAPTURED, None),
        (APPROVED, None),
    ]
    log = [outcome(START + i, kind, group, card=1) for i, (kind, group) in enumerate(kinds)]
    log.append(attempt(START + 10, card=1))
    assert values(log, m.DECLINED_COUNT, "1h") == [2]
    assert values(log, m.INSUFFICIENT_FUNDS_COUNT, "1h") == [1]
    assert values(log, m.WRONG_CVV_COUNT, "1h") == [0]
    assert values(log, m.DECLINED_SHARE, "1h") == [2 / 3]
    assert values(log, m.REFUNDED_SHARE, "1h") == [0]
    assert values(log, m.HOURS_SINCE_DECLINED) == [9 / HOUR]


def test_the_two_learned_fraud_measures_are_over_labels_and_over_approved() -> None:
    log = [outcome(START, APPROVED, merchant=5) for _ in range(4)]
    log += [label(START + DAY, value, merchant=5) for value in (FRAUD, LEGITIMATE, UNKNOWN)]
    log += [attempt(START + DAY, merchant=5), attempt(START + DAY, merchant=6)]
    assert values(log, m.FRAUD_SHARE_OF_LABELS, "7d", entity="merchant") == [1 / 2, -1]
    assert values(log, m.FRAUD_SHARE_OF_APPROVED, "7d", entity="merchant") == [1 / 4, -1]
    assert values(log, m.FRAUD_SHARE_OF_APPROVED, "24h", entity="merchant") == [-1, -1]


def test_a_cohort_rate_is_over_payments_old_enough_and_not_too_old() -> None:
    log = [outcome(MONDAY + day * DAY, APPROVED, None, MONDAY, merchant=5) for day in (0, 1, 2, 181)]
    log += [label(MONDAY + 59 * DAY, FRAUD, MONDAY, merchant=5)]
    log += [attempt(MONDAY + day * DAY, merchant=5) for day in (59, 60, 180, 181)]
    log.sort(key=lambda event: event.at)
    assert values(log, m.COHORT_FRAUD_RATE, "180d", entity="merchant") == [-1, 1 / 3, 1 / 3, -1]


def test_a_label_that_comes_too_late_for_its_cohort_is_not_counted() -> None:
    log = [outcome(MONDAY, APPROVED, None, MONDAY, merchant=5), attempt(MONDAY + 180 * DAY, merchant=5)]
    late = [label(MONDAY + 181 * DAY, FRAUD, MONDAY, merchant=5), attempt(MONDAY + 181 * DAY, merchant=5)]
    assert values(log + late, m.COHORT_FRAUD_RATE, "180d", entity="merchant") == [0, -1]


def test_speed_is_from_the_last_known_place_over_at_least_a_second() -> None:
    vienna, sydney = pack(48.2, 16.4), pack(-33.9, 151.2)
    places = [(0, vienna), (0, 0), (HOUR, sydney), (HOUR, vienna)]
    log = [attempt(START + after, card=1, place=place) for after, place in places]
    km = distance_km(vienna, sydney)
    assert 11_000 < km < 12_742
    assert values(log, m.SPEED) == [-1, -1, km / 1.0, km / (1_000 / HOUR)]


def test_habit_is_the_share_of_this_quarter_of_the_week() -> None:
    times = [0, DAY, 7 * DAY, 7 * DAY + 6 * HOUR - 1, 7 * DAY + 6 * HOUR]
    assert values(payments(*(MONDAY + at for at in times)), m.HABIT_SHARE) == [-1, 0, 1 / 2, 2 / 3, 0]


def test_habits_halve_when_a_counter_is_full() -> None:
    log = payments(MONDAY, *(MONDAY + DAY + i for i in range(255)), MONDAY + 2 * DAY - 1, MONDAY + 7 * DAY)
    shares = values(log, m.HABIT_SHARE)
    assert shares[255] == 254 / 255
    assert values([*log[:256], attempt(MONDAY + DAY + 255, card=1)], m.HABIT_SHARE)[256] == 127 / 127
    assert shares[257] == 0 / 128


def test_a_feature_without_a_stated_default_is_unknown() -> None:
    row = vectors(Catalogue(ENTITIES, [Family("card", m.AMOUNT_MEAN, ("1h",))]), columns(payments(START)))
    assert isnan(row[0][0])


def test_only_wanted_attempts_are_computed() -> None:
    catalogue = Catalogue(ENTITIES, [Family("card", m.PAYMENT_COUNT, ("1h",))])
    log = columns([label(START, FRAUD, card=1), *payments(START, START, START)])
    assert vectors(catalogue, log, {0, 2}) == [[0.0], [2.0]]
