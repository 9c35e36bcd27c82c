"""Views on aggregates say what a scan of the rows says, with trials, canaries, 3-D Secure and late labels."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from models.messages.label import LabelValue
from streams.warehouse.database import Database
from tests.docs.small_quarter import SmallQuarter
from tests.warehouse.log_messages import SmallLog

ENGINE = "view-sums"
SAME = {
    "v_trials": (
        """SELECT challenger_model, hour, canary, verdict, decisions, reference_amount, disagreed,
           without_probability, round(challenger_probability, 6), round(champion_probability, 6)
           FROM v_trials WHERE engine = {e:String}""",
        """SELECT challenger_model, toStartOfHour(engine_time) AS hour, champion_model != '' AS canary,
           verdict, count(), sum(reference_amount),
           countIf(verdict != if(canary, champion_verdict, challenger_verdict)),
           countIf(challenger_probability IS NULL), round(avg(challenger_probability), 6),
           round(avg(if(canary, champion_probability, probability)), 6)
           FROM v_decisions WHERE engine = {e:String} AND challenger_model != ''
           GROUP BY challenger_model, hour, canary, verdict""",
    ),
    "v_sca": (
        """SELECT day, method, sca, sca_exemption, sca_scope, liability, verdict, decisions,
           reference_amount FROM v_sca WHERE engine = {e:String}""",
        """SELECT toDate(engine_time) AS day, method, sca, sca_exemption, sca_scope, liability, verdict,
           count(), sum(reference_amount) FROM v_decisions WHERE engine = {e:String}
           GROUP BY day, method, sca, sca_exemption, sca_scope, liability, verdict""",
    ),
    "v_day_by_merchant_channel": (
        """SELECT merchant_id, channel, sum(decisions), sum(amount), sum(payments),
           sum(payments_reference_amount)
           FROM v_day_by_merchant_channel WHERE engine = {e:String} GROUP BY merchant_id, channel""",
        """SELECT merchant_id, channel, count(), sum(amount), uniqExact(payment_id),
           sumIf(reference_amount, superseded_verdict = '')
           FROM v_decisions WHERE engine = {e:String} GROUP BY merchant_id, channel""",
    ),
    "verdicts of v_day_by_merchant_channel": (
        """SELECT merchant_id, verdict, sum(payments) AS n FROM v_day_by_merchant_channel
           WHERE engine = {e:String} GROUP BY merchant_id, verdict HAVING n > 0""",
        """SELECT merchant_id, stands, count() FROM
           (SELECT any(merchant_id) AS merchant_id, argMax(verdict, sequence) AS stands
            FROM v_decisions WHERE engine = {e:String} GROUP BY payment_id)
           GROUP BY merchant_id, stands""",
    ),
    "v_latency_by_model": (
        """SELECT hour, model, decisions, mapFilter((k, n) -> n > 0, latency_histogram)
           FROM v_latency_by_model WHERE engine = {e:String}""",
        """SELECT hour, model, sum(v.decisions) AS decisions,
           mapFilter((k, n) -> n > 0, sumMap(v.latency_histogram))
           FROM v_hour AS v WHERE engine = {e:String} GROUP BY hour, model""",
    ),
    "v_trial_outcomes": (
        """SELECT challenger_model, canary, champion_verdict, challenger_verdict, label, sum(payments),
           sum(reference_amount) FROM v_trial_outcomes WHERE engine = {e:String}
           GROUP BY challenger_model, canary, champion_verdict, challenger_verdict, label""",
        """SELECT challenger_model, canary, champion, challenger_verdict, label, count(),
           sum(reference_amount) FROM
           (SELECT payment_id, challenger_model, champion_model != '' AS canary, challenger_verdict,
                   reference_amount, if(canary, champion_verdict, verdict) AS champion
            FROM v_decisions WHERE engine = {e:String} ORDER BY sequence DESC LIMIT 1 BY payment_id) AS d
           INNER JOIN (SELECT payment_id, label FROM v_payment_labels WHERE engine = {e:String}) AS l
           USING (payment_id)
           WHERE challenger_model != ''
           GROUP BY challenger_model, canary, champion, challenger_verdict, label""",
    ),
    "v_scores_hour": (
        """SELECT hour, role, scored_by, decided, verdict, from_millionths, scores, millionths
           FROM v_scores_hour WHERE engine = {e:String}""",
        """SELECT toStartOfHour(engine_time) AS hour, role, scored_by, decided, verdict,
           if(probability IS NULL, -1, arrayMax(arrayFilter(x -> x <= round(ifNull(probability, 0) * 1000000),
           [0, 500, 1000, 2000, 5000, 10000, 20000, 30000, 50000, 75000, 100000, 150000, 200000, 300000,
            400000, 500000, 600000, 700000, 800000, 900000, 950000, 990000]))) AS bin,
           count(), toInt64(sum(round(ifNull(probability, 0) * 1000000)))
           FROM v_scores WHERE engine = {e:String} GROUP BY hour, role, scored_by, decided, verdict, bin""",
    ),
    "v_score_labels": (
        """SELECT role, scored_by, decided, verdict, label, sum(payments), sum(millionths)
           FROM v_score_labels WHERE engine = {e:String} GROUP BY role, scored_by, decided, verdict, label""",
        """SELECT role, scored_by, decided, verdict, label, count(),
           toInt64(sum(round(ifNull(probability, 0) * 1000000))) FROM
           (SELECT * FROM v_scores WHERE engine = {e:String} AND (payment_id, sequence) IN
            (SELECT payment_id, max(sequence) FROM v_decisions WHERE engine = {e:String}
             GROUP BY payment_id)) AS s
           INNER JOIN (SELECT payment_id, label FROM v_payment_labels WHERE engine = {e:String}) AS l
           USING (payment_id) GROUP BY role, scored_by, decided, verdict, label""",
    ),
    "v_day_by_shadow_hit": (
        """SELECT day, merchant_account, rule, verdict, decisions, reference_amount
           FROM v_day_by_shadow_hit WHERE engine = {e:String}""",
        """SELECT toDate(engine_time) AS day, merchant_account, arrayJoin(shadow_hits) AS rule, verdict,
           count(), sum(reference_amount) FROM v_decisions WHERE engine = {e:String}
           GROUP BY day, merchant_account, rule, verdict""",
    ),
    "v_shadow_labels": (
        """SELECT merchant_account, rule, verdict, label, sum(payments), sum(reference_amount)
           FROM v_shadow_labels WHERE engine = {e:String} GROUP BY merchant_account, rule, verdict, label""",
        """SELECT merchant_account, arrayJoin(shadow_hits) AS rule, verdict, label, count(),
           sum(reference_amount) FROM
           (SELECT * FROM v_decisions WHERE engine = {e:String}
            ORDER BY sequence DESC LIMIT 1 BY payment_id) AS d
           INNER JOIN (SELECT payment_id, label FROM v_payment_labels WHERE engine = {e:String}) AS l
           USING (payment_id) GROUP BY merchant_account, rule, verdict, label""",
    ),
    "v_day_by_merchant_account": (
        """SELECT day, merchant_id, merchant_account, decisions, reference_amount
           FROM v_day_by_merchant_account WHERE engine = {e:String}""",
        """SELECT toDate(engine_time) AS day, merchant_id, merchant_account, count(), sum(reference_amount)
           FROM v_decisions WHERE engine = {e:String} GROUP BY day, merchant_id, merchant_account""",
    ),
}


@pytest.fixture(scope="module")
def client(database: Database) -> Iterator[Client]:
    opened = database.client()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def filled(client: Client) -> str:
    log = SmallLog(ENGINE)
    quarter = SmallQuarter(log)
    log.sink(client, size=400)
    assert any(case.label for case in quarter.cases[13::20])
    for case in (*quarter.cases[7::10], *quarter.cases[13::20]):
        quarter._know(case, LabelValue.LEGITIMATE, "arbitration", 1)
    log.sink(client, size=400)
    log.sink(client, is_repeated=True)
    return ENGINE


@pytest.mark.parametrize("queries", SAME.values(), ids=SAME)
def test_a_view_says_what_its_rows_say(client: Client, filled: str, queries: tuple[str, str]) -> None:
    of_view, of_rows = (sorted(client.query(query, {"e": filled}).result_rows, key=str) for query in queries)
    assert of_view
    assert [tuple(map(_plain, row)) for row in of_view] == [tuple(map(_plain, row)) for row in of_rows]


def _plain(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


@pytest.mark.parametrize(
    ("label", "champion", "challenger", "right"),
    [
        ("fraud", "approve", "decline", "challenger"),
        ("fraud", "review", "approve", "champion"),
        ("fraud", "approve", "approve", "neither"),
        ("fraud", "challenge", "decline", "both"),
        ("legitimate", "approve", "decline", "champion"),
        ("legitimate", "decline", "challenge", "challenger"),
        ("legitimate", "decline", "decline", "neither"),
        ("legitimate", "approve", "review", "both"),
        ("friendly", "approve", "decline", "open"),
        ("unknown", "decline", "approve", "open"),
    ],
)
def test_who_was_right(client: Client, label: str, champion: str, challenger: str, right: str) -> None:
    """Fraud should not be approved, and a legitimate payment not be declined."""
    key = {"e": f"right-{label}-{champion}-{challenger}", "l": label, "c": champion, "d": challenger}
    client.command(
        "INSERT INTO trial_labels_by_day"
        " (engine, day, challenger_model, champion_verdict, challenger_verdict, label, payments)"
        " SELECT {e:String}, today(), 'm', {c:String}, {d:String}, {l:String}, 1",
        parameters=key,
    )
    rows = client.query(
        "SELECT who_was_right, payments FROM v_trial_outcomes WHERE engine = {e:String}", key
    ).result_rows
    assert rows == [(right, 1)]
