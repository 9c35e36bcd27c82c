"""What each message becomes in its tables, in the embedded ClickHouse, without Kafka."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from clickhouse_connect.driver.binding import bind_query
from clickhouse_connect.driver.client import Client
from msgspec import structs

from models.messages.control import Change, Control, ListChange, ModelChange, RulesetChange
from models.messages.dead_letter import DeadLetterReason
from models.messages.decision import Decision, Verdict
from models.messages.dispute import AnalystVerdict, Dispute, DisputeStage
from models.messages.label import Label, LabelValue
from models.messages.outcome import DeclineGroup, Outcome, OutcomeKind, tokens_of
from models.messages.payment import (
    Authentication,
    Channel,
    Customer,
    Merchant,
    Method,
    MethodKind,
    Payment,
    Phase,
)
from models.messages.trust import Role, RootKey, RootOfTrust, TrustChange, TrustedKey
from models.trust import key_id
from models.versions import content_version
from streams.warehouse.client import connect
from streams.warehouse.credentials import WarehouseUser, url_as
from streams.warehouse.database import Database
from streams.warehouse.http.server import WarehouseServer
from streams.warehouse.sink.aggregates import AGGREGATES
from streams.warehouse.sink.lookups import _portions
from tests.warehouse.engine_output import CANARY, CHALLENGER, dead_letter, decision
from tests.warehouse.log_messages import DAY_MS, KEY_IDS, NETWORKS, START_MS, SmallLog, signed_control

PAYMENT = Payment(
    merchant_account="acme",
    payment_id="order-1",
    occurred_at=START_MS,
    amount=10_00,
    currency="USD",
    method=Method(MethodKind.CARD, "tok_card", "411111", "FR"),
    merchant=Merchant("shop", "5411", "DE"),
    customer=Customer("kim", START_MS - DAY_MS),
    device_id="device-1",
    ip="203.0.113.7",
    email_token="mail-1",
    delivery_address_token="address-1",
    channel=Channel.APP,
    authentication=Authentication(three_ds_result="Y", liability_shift=True),
    metadata={"basket": 3, "gift": True, "note": None},
)
TOKENS = tokens_of(PAYMENT)


@pytest.fixture
def client(database: Database) -> Iterator[Client]:
    opened = database.client()
    yield opened
    opened.close()


@pytest.fixture
def log(engine: str) -> SmallLog:
    return SmallLog(engine)


def decided(log: SmallLog, payment: Payment, verdict: Verdict, sequence: int = 1, **changes: Any) -> Decision:
    """Puts a payment and its decision on the log."""
    received = log.add("payments", payment)
    made = structs.replace(
        decision(log.engine, sequence),
        merchant_account=payment.merchant_account,
        payment_id=payment.payment_id,
        attempt=payment.attempt,
        phase=payment.phase,
        verdict=verdict,
        amount=payment.amount,
        currency=payment.currency,
        reference_amount=payment.amount * 9 // 10,
        merchant_id=payment.merchant.id,
        merchant_country=payment.merchant.country,
        received_at=received.appended_at,
        engine_time=payment.occurred_at,
        occurred_at=payment.occurred_at,
        **changes,
    )
    log.add("decisions", made)
    return made


def outcome(kind: OutcomeKind, at: int = START_MS + 5, **changes: Any) -> Outcome:
    return Outcome("acme", "order-1", kind, at, START_MS, 5_00, "USD", TOKENS, **changes)


def label(value: LabelValue, source: str, days: int) -> Label:
    return Label(
        "acme", "order-1", value, START_MS + days * DAY_MS, START_MS, 10_00, "USD", TOKENS, source=source
    )


def row(client: Client, log: SmallLog, table: str, order: str = "log_offset") -> dict[str, Any]:
    (one,) = rows(client, log, table, order)
    return one


def rows(client: Client, log: SmallLog, table: str, order: str = "log_offset") -> list[dict[str, Any]]:
    query = f"SELECT * FROM {table} WHERE engine = {{e:String}} ORDER BY {order}"
    return list(client.query(query, {"e": log.engine}).named_results())


def test_a_payment_keeps_its_tokens_and_loses_its_address(client: Client, log: SmallLog) -> None:
    log.add("payments", PAYMENT)
    log.sink(client)
    held = row(client, log, "payments")
    assert (held["card"], held["bin"], held["issuer_country"], held["mcc"]) == (
        "tok_card",
        "411111",
        "FR",
        "5411",
    )
    assert (held["customer"], held["device"], held["email"], held["channel"]) == (
        "kim", "device-1", "mail-1", "app",
    )  # fmt: skip
    assert held["ip_network"] == NETWORKS.hashed(["203.0.113.200"])[0]
    assert held["metadata"] == {"basket": "3", "gift": "true", "note": ""}
    assert (held["three_ds_result"], held["liability_shift"], held["log_offset"]) == ("Y", True, 7)
    assert not any("203.0.113" in str(value) for value in held.values())


def test_what_the_engine_cannot_read_has_no_row(client: Client, log: SmallLog) -> None:
    log.add("payments", b"{")
    log.add("payments", structs.replace(PAYMENT, device_id="4111111111111111"))
    log.add("payments", structs.replace(PAYMENT, metadata={"note": "4111111111111111"}))
    log.add("payments", label(LabelValue.FRAUD, "chargeback", 3))
    log.sink(client)
    held = row(client, log, "payments")
    assert held["redacted"] == ["metadata.note"]
    assert held["metadata"]["note"] == "************1111"


def test_a_decision_has_what_its_payment_says(client: Client, log: SmallLog) -> None:
    made = decided(log, PAYMENT, Verdict.DECLINE, level="global")
    log.add("decisions", structs.replace(made, duplicate=True))
    log.sink(client)
    first, repeated = rows(client, log, "decisions")
    assert first["payment_known"]
    assert not repeated["payment_known"]
    assert (first["card"], first["bin"], first["mcc"], first["channel"]) == (
        "tok_card",
        "411111",
        "5411",
        "app",
    )
    assert (first["three_ds_result"], repeated["three_ds_result"]) == ("Y", "")
    assert first["deciding_rule"] == made.reasons[0].code
    assert len(rows(client, log, "decided_payments")) == 1


def test_an_outcome_knows_the_decision_that_stood(client: Client, log: SmallLog) -> None:
    decided(log, PAYMENT, Verdict.CHALLENGE)
    log.add("outcomes", outcome(OutcomeKind.AUTHENTICATED))
    decided(log, structs.replace(PAYMENT, phase=Phase.POST_3DS), Verdict.APPROVE, 2)
    log.add("outcomes", outcome(OutcomeKind.DECLINED, decline_group=DeclineGroup.EXPIRED_CARD))
    log.add("outcomes", outcome(OutcomeKind.DECLINED, decline_group=DeclineGroup.EXPIRED_CARD))
    log.add("outcomes", outcome(OutcomeKind.DECLINED, at=START_MS + 9))
    log.add("outcomes", structs.replace(outcome(OutcomeKind.CAPTURED), payment_id="unheard-of"))
    log.sink(client, size=2)
    held = rows(client, log, "outcomes")
    assert [each["verdict"] for each in held] == ["challenge", *["approve"] * 3, ""]
    assert [each["challenged"] for each in held] == [True, True, True, True, False]
    assert [each["repeated"] for each in held] == [False, False, True, False, False]
    assert [each["first_of_kind"] for each in held] == [True, True, False, False, True]
    assert [each["reference_amount"] for each in held] == [450, 450, 450, 450, 0]


def test_a_label_says_what_stood_before_it(client: Client, log: SmallLog) -> None:
    decided(log, PAYMENT, Verdict.APPROVE)
    for value, source, days in (
        (LabelValue.FRAUD, "fraud_notice", 5),
        (LabelValue.LEGITIMATE, "review", 9),
        (LabelValue.FRAUD, "chargeback", 30),
        (LabelValue.LEGITIMATE, "arbitration", 200),
    ):
        log.add("labels", label(value, source, days), DAY_MS)
    log.sink(client, size=2)
    held = rows(client, log, "labels")
    assert [(each["stood_before"], each["stands_after"]) for each in held] == [
        ("", "fraud"), ("fraud", "fraud"), ("fraud", "fraud"), ("fraud", "legitimate"),
    ]  # fmt: skip
    assert [each["age_days"] for each in held] == [5, 9, 30, 200]
    sums = client.query(
        "SELECT label, sum(payments), sumIf(payments, age_days <= 100), sum(reference_amount)"
        " FROM labels_by_day WHERE engine = {e:String} AND dimension = 'bin' AND value = '411111'"
        " GROUP BY label ORDER BY label",
        {"e": log.engine},
    ).result_rows
    assert sums == [("fraud", 0, 1, 0), ("legitimate", 1, 0, 900)]


def test_all_labels_of_a_payment_count_under_the_decision_of_the_first(client: Client, log: SmallLog) -> None:
    decided(log, PAYMENT, Verdict.CHALLENGE)
    log.add("labels", label(LabelValue.FRAUD, "fraud_notice", 5))
    decided(log, structs.replace(PAYMENT, phase=Phase.POST_3DS), Verdict.APPROVE, 2)
    log.add("labels", structs.replace(label(LabelValue.LEGITIMATE, "analyst", 9), final=True))
    log.sink(client, size=1)
    assert [each["verdict"] for each in rows(client, log, "labels")] == ["challenge", "challenge"]
    sums = client.query(
        "SELECT verdict, label, sum(payments) FROM labels_by_day"
        " WHERE engine = {e:String} AND dimension = 'all' GROUP BY verdict, label ORDER BY label",
        {"e": log.engine},
    ).result_rows
    assert sums == [("challenge", "fraud", 0), ("challenge", "legitimate", 1)]


def test_a_label_says_what_both_models_of_a_trial_said(client: Client, log: SmallLog) -> None:
    decided(log, PAYMENT, Verdict.CHALLENGE, challenger=CANARY)
    log.add("labels", label(LabelValue.FRAUD, "fraud_notice", 5))
    later = structs.replace(PAYMENT, payment_id="order-2")
    decided(log, later, Verdict.APPROVE, 2, challenger=CHALLENGER)
    log.add("labels", structs.replace(label(LabelValue.FRAUD, "chargeback", 9), payment_id="order-2"))
    log.add("labels", structs.replace(label(LabelValue.FRAUD, "chargeback", 9), payment_id="unheard-of"))
    log.sink(client, size=1)
    names = ("challenger_model", "challenger_verdict", "champion_verdict")
    assert CANARY.champion
    assert [tuple(each[name] for name in names) for each in rows(client, log, "labels")] == [
        (CANARY.model, CANARY.verdict.value, CANARY.champion.verdict.value),
        (CHALLENGER.model, CHALLENGER.verdict.value, ""),
        ("", "", ""),
    ]


def test_disputes_and_reviews_are_apart(client: Client, log: SmallLog) -> None:
    decided(log, PAYMENT, Verdict.APPROVE)
    stage = Dispute(
        "acme", "order-1", "dispute-1", DisputeStage.CHARGEBACK, START_MS, START_MS, 10_00, "USD", TOKENS,
        disputed_amount=5_01, scheme="visa", reason_code="10.4",
    )  # fmt: skip
    log.add("disputes", stage)
    log.add("disputes", stage)
    log.add("disputes", structs.replace(stage, stage=DisputeStage.REVERSED))
    log.add("disputes", outcome(OutcomeKind.REFUNDED))
    log.add(
        "disputes",
        AnalystVerdict("acme", "order-1", LabelValue.FRAUD, START_MS, START_MS, 10_00, "USD", TOKENS, "ana"),
    )
    log.sink(client)
    held = rows(client, log, "disputes")
    assert [(each["stage"], each["repeated"]) for each in held] == [
        ("chargeback", False), ("chargeback", True), ("reversed", False),
    ]  # fmt: skip
    assert [each["reference_amount"] for each in held] == [451, 451, 451]
    assert row(client, log, "reviews")["author"] == "ana"
    assert rows(client, log, "outcomes") == []


def test_a_control_says_what_it_changes(client: Client, log: SmallLog) -> None:
    ruleset = {"version": 1, "rules": []}
    changes: list[Change] = [
        RulesetChange(ruleset),
        ModelChange("ab" * 32),
        ListChange("blocked_cards", "tok", True, START_MS),
    ]
    for number, change in enumerate(changes):
        log.add("controls", Control(f"c{number}", START_MS, "ana", change, "why not"))
    log.sink(client)
    held = rows(client, log, "controls")
    assert [each["kind"] for each in held] == ["ruleset", "model", "list"]
    assert [each["version"] for each in held] == [content_version(ruleset), "ab" * 8, ""]
    assert (held[2]["target"], held[2]["value"], held[2]["present"]) == ("blocked_cards", "tok", True)
    assert [each["signed_by"] for each in held] == [[], [], []]


def test_a_signed_control_names_its_signers(client: Client, log: SmallLog) -> None:
    """By the names in the newest change of trust; a key that was never trusted by its id. What the engine
    refused is not taken for accepted.
    """
    public = "A" * 43
    keys = (TrustedKey("ana", public, (Role.LISTS,)),)
    root = RootOfTrust("here", (RootKey("root", "E" * 42 + "A"),), 1)
    log.add("controls", Control("t1", START_MS, "root", TrustChange(1, root, keys)))
    trusted, unknown = key_id(public), KEY_IDS[1]
    value = signed_control(log.engine, ListChange("blocked_cards", "tok", True, START_MS))
    log.add("controls", value.replace(KEY_IDS[0].encode(), trusted.encode()))
    refused = log.add("controls", value)
    letter = structs.replace(
        dead_letter(log.engine, 1), topic=f"{log.engine}.controls", offset=refused.offset(),
        reason=DeadLetterReason.UNAUTHORISED,
    )  # fmt: skip
    log.add("dead-letters", letter)
    log.sink(client)
    held = client.query(
        "SELECT signers, accepted, refusal FROM v_controls WHERE engine = {e:String} AND kind = 'list'"
        " ORDER BY appended_at",
        {"e": log.engine},
    ).result_rows
    assert held == [(["ana", unknown], 1, ""), ([KEY_IDS[0], unknown], 0, "unauthorised")]
    entries = client.query(
        "SELECT list, value, author, signers FROM v_list_history WHERE engine = {e:String}", {"e": log.engine}
    ).result_rows
    assert entries == [("blocked_cards", "tok", "ana", ["ana", unknown])]
    query = "SELECT author, since FROM v_list_entries WHERE engine = {e:String}"
    (standing,) = client.query(query, {"e": log.engine}).result_rows
    assert standing == ("ana", rows(client, log, "controls")[1]["appended_at"])
    assert rows(client, log, "controls")[1]["installation"] == "here"


def test_of_changes_in_one_millisecond_the_last_on_the_log_says_what_is_on_a_list(
    client: Client, log: SmallLog
) -> None:
    """Kafka gives all records of a batch one append time."""
    for value, present in (("off", True), ("off", False), ("on", False), ("on", True)):
        change = ListChange("blocked_cards", value, present=present)
        log.add("controls", Control("c", START_MS, "ana", change), after_ms=0)
    log.sink(client)
    query = "SELECT value FROM v_list_entries WHERE engine = {e:String}"
    assert client.query(query, {"e": log.engine}).result_rows == [("on",)]


def test_a_label_counts_where_its_payment_does_whatever_it_says_of_the_card(
    client: Client, log: SmallLog
) -> None:
    """Evidence of a dispute seldom knows the BIN and the issuer's country."""
    decided(log, PAYMENT, Verdict.APPROVE)
    log.add("labels", label(LabelValue.LEGITIMATE, "silence", 10))
    bare = structs.replace(TOKENS, method=Method(MethodKind.CARD, "tok_card"))
    log.add("labels", structs.replace(label(LabelValue.FRAUD, "chargeback", 20), tokens=bare))
    log.sink(client)
    for name, value in (("bin", "411111"), ("issuer_country", "FR")):
        query = (
            f"SELECT {name}, payments, fraud, legitimate FROM v_fraud_by_{name} WHERE engine = {{e:String}}"
        )
        assert client.query(query, {"e": log.engine}).result_rows == [(value, 1, 1, 0)]


def test_a_label_that_names_another_merchant_counts_under_that_of_the_payment(
    client: Client, log: SmallLog
) -> None:
    decided(log, PAYMENT, Verdict.APPROVE)
    other = structs.replace(TOKENS, merchant_id="elsewhere")
    log.add("labels", structs.replace(label(LabelValue.FRAUD, "fraud_notice", 10), tokens=other))
    log.add("labels", label(LabelValue.LEGITIMATE, "chargeback", 20))
    log.add("outcomes", structs.replace(outcome(OutcomeKind.AUTHORISED), tokens=other))
    log.sink(client)
    merchant = PAYMENT.merchant.id
    query = (
        "SELECT merchant_id, payments, fraud, legitimate FROM v_fraud_by_merchant WHERE engine = {e:String}"
    )
    assert client.query(query, {"e": log.engine}).result_rows == [(merchant, 1, 0, 1)]
    query = "SELECT merchant_id, authorised FROM v_authorisation_by_merchant WHERE engine = {e:String}"
    assert client.query(query, {"e": log.engine}).result_rows == [(merchant, 1)]


def test_no_rate_is_negative_where_decisions_of_the_day_before_are_replaced(
    client: Client, log: SmallLog
) -> None:
    """Challenged before midnight by a rule, decided again after it: the rule has payments less that day."""
    midnight = START_MS // DAY_MS * DAY_MS
    for number, minutes in ((1, -1), (2, -2)):
        asked = structs.replace(PAYMENT, payment_id=f"p{number}", occurred_at=midnight + minutes * 60_000)
        decided(log, asked, Verdict.CHALLENGE, number, decided_by="rule")
        again = structs.replace(asked, phase=Phase.POST_3DS, occurred_at=midnight + number)
        decided(log, again, Verdict.APPROVE, 10 + number, decided_by="policy")
    decided(log, structs.replace(PAYMENT, occurred_at=midnight + 9), Verdict.CHALLENGE, 3, decided_by="rule")
    log.add("labels", label(LabelValue.FRAUD, "chargeback", 20))
    log.sink(client)
    query = (
        "SELECT payments, fraud, fraud_rate{} FROM {} WHERE engine = {{e:String}} AND decided_by = 'rule'"
        f" AND day = '{datetime.fromtimestamp(midnight / 1000, UTC):%Y-%m-%d}' AND fraud > 0"
    )
    found = query.format(", fraud_rate_by_value", "v_fraud_by_decided_by")
    assert client.query(found, {"e": log.engine}).result_rows == [(-1, 1, None, None)]
    found = query.format("", "v_fraud_maturity_by_decided_by")
    assert client.query(found, {"e": log.engine}).result_rows == [(-1, 1, None)]


def test_a_report_of_a_time_beyond_the_last_day_counts_on_the_last_one(client: Client, log: SmallLog) -> None:
    """Of a payment that the engine never decided, whose time is what the sender says."""
    far = 6_000_000_000_000
    log.add("labels", structs.replace(label(LabelValue.FRAUD, "chargeback", 20), occurred_at=far))
    log.add("outcomes", structs.replace(outcome(OutcomeKind.AUTHORISED), occurred_at=far))
    log.sink(client)
    for aggregate in ("labels_by_day", "outcomes_by_day"):
        query = f"SELECT DISTINCT toString(day) FROM {aggregate} WHERE engine = {{e:String}}"
        assert client.query(query, {"e": log.engine}).result_rows == [("2149-06-06",)]


def test_where_every_fraud_was_withdrawn_no_share_is_known(client: Client, log: SmallLog) -> None:
    log.now = at = START_MS - 300 * DAY_MS
    decided(log, structs.replace(PAYMENT, occurred_at=at), Verdict.APPROVE)
    for value, days in ((LabelValue.FRAUD, 10), (LabelValue.LEGITIMATE, 20)):
        known = structs.replace(label(value, "analyst", 0), known_at=at + days * DAY_MS)
        log.add("labels", known)
    log.sink(client)
    query = "SELECT age_days, fraud, share FROM v_label_maturity WHERE engine = {e:String} ORDER BY age_days"
    assert client.query(query, {"e": log.engine}).result_rows == [(10, 0, None), (20, 0, None)]


def test_a_timeline_is_found_by_any_token(client: Client, log: SmallLog) -> None:
    decided(log, PAYMENT, Verdict.APPROVE)
    log.add("outcomes", outcome(OutcomeKind.CAPTURED))
    log.add("labels", label(LabelValue.FRAUD, "chargeback", 5))
    log.sink(client)
    network = NETWORKS.hashed([PAYMENT.ip])[0]
    for token in ("order-1", "tok_card", "kim", "device-1", network, "mail-1", "address-1"):
        events = client.query(
            "SELECT event, what FROM timeline WHERE engine = {e:String} AND token = {t:String} ORDER BY at",
            {"e": log.engine, "t": token},
        ).result_rows
        assert events == [("decision", "approve"), ("outcome", "captured"), ("label", "fraud")], token


@pytest.mark.parametrize(
    "character", ["x", "'", "\\", "\t", "\x00", " ", "/", "\u00e9", "\u20ac", "\U0001f600"]
)
def test_ids_of_any_characters_fit_into_the_address_of_a_query(character: str) -> None:
    """A server refuses a field of more than 128 KiB, and the sink would ask for ever."""
    ids = [f"{number:04}{character * 124}" for number in range(2_000)]
    portions = list(_portions(ids))
    assert [name for portion in portions for name in portion] == ids
    for portion in portions:
        _, fields = bind_query("SELECT {ids:Array(String)}", {"ids": portion})
        assert len(urlencode(fields)) <= 128 << 10


def test_a_repeated_range_changes_nothing(client: Client, log: SmallLog) -> None:
    for number in range(40):
        payment = structs.replace(PAYMENT, payment_id=f"order-{number}")
        decided(log, payment, list(Verdict)[number % 4], number + 1)
    log.add("outcomes", outcome(OutcomeKind.AUTHORISED))
    log.add("labels", label(LabelValue.FRAUD, "chargeback", 5))
    log.sink(client, size=30)
    before = _everything(client, log)
    log.sink(client, is_repeated=True)
    assert _everything(client, log) == before
    assert sum(count for _, count in before.values()) > 0


@pytest.mark.parametrize("aggregate", [each.name for each in AGGREGATES])
def test_a_lost_aggregate_comes_back_with_a_repeated_range(
    client: Client, log: SmallLog, aggregate: str
) -> None:
    decided(log, PAYMENT, Verdict.DECLINE, challenger=CANARY)
    log.add("outcomes", outcome(OutcomeKind.AUTHORISED))
    log.add("labels", label(LabelValue.FRAUD, "chargeback", 5))
    log.sink(client)
    before = _everything(client, log)
    assert before[aggregate][1]
    client.command(
        f"ALTER TABLE {aggregate} DELETE WHERE engine = {{e:String}}",
        {"e": log.engine},
        settings={"mutations_sync": 2},
    )
    log.sink(client, is_repeated=True)
    assert _everything(client, log) == before


def _everything(client: Client, log: SmallLog) -> dict[str, tuple[int, int]]:
    """By table: a hash of the sums or rows, and how many there are."""
    held = {}
    for each in AGGREGATES:
        keys, sums = (
            ", ".join((each.grain, *each.keys)),
            ", ".join(f"sum({name}) AS {name}_" for name in each.sums),
        )
        held[each.name] = _hash(
            client, log, f"SELECT {keys}, {sums} FROM {each.name} WHERE engine = {{e:String}} GROUP BY {keys}"
        )
    for table in ("payments", "decisions", "decided_payments", "timeline", "outcomes", "labels"):
        held[table] = _hash(client, log, f"SELECT * FROM {table} WHERE engine = {{e:String}}")
    return held


def _hash(client: Client, log: SmallLog, query: str) -> tuple[int, int]:
    hashed = f"SELECT groupBitXor(cityHash64(tuple(*))), count() FROM ({query})"
    return client.query(hashed, {"e": log.engine}).result_rows[0]


UGLY = (
    "o'brien",
    "back\\slash",
    "tab\tnew\nline",
    "{ids:String}",
    "%s",
    "ü€😀",
    '"',
    "]",
    ", 'x'",
    "\\'",
    "\\N",
    "null",
)


def test_ids_of_any_spelling_find_what_they_name(client: Client, log: SmallLog) -> None:
    _check_ugly_ids(client, log)


def test_ids_of_any_spelling_find_what_they_name_over_http(server: WarehouseServer, log: SmallLog) -> None:
    over_http = connect(url_as(server.url, server.home, WarehouseUser.SINK))
    _check_ugly_ids(over_http, log)
    over_http.close()


def _check_ugly_ids(client: Client, log: SmallLog) -> None:
    for number, name in enumerate(UGLY):
        decided(
            log, structs.replace(PAYMENT, payment_id=name, merchant_account=name), Verdict.APPROVE, number + 1
        )
        about = {"payment_id": name, "merchant_account": name}
        log.add("outcomes", structs.replace(outcome(OutcomeKind.AUTHORISED), **about))
        log.add("labels", structs.replace(label(LabelValue.FRAUD, "fraud_notice", 3), **about))
    log.sink(client)
    for number, name in enumerate(UGLY):
        about = {"payment_id": name, "merchant_account": name}
        log.add("labels", structs.replace(label(LabelValue.FRAUD, "chargeback", 9), **about))
        log.add("outcomes", structs.replace(outcome(OutcomeKind.AUTHORISED), **about), number)
    log.sink(client)
    assert all(each["payment_known"] for each in rows(client, log, "decisions"))
    assert [each["repeated"] for each in rows(client, log, "outcomes")] == [False] * len(UGLY) + [True] * len(
        UGLY
    )
    assert [each["stood_before"] for each in rows(client, log, "labels")] == [""] * len(UGLY) + [
        "fraud"
    ] * len(UGLY)
    for table in ("outcomes", "labels"):
        held = rows(client, log, table)
        assert all(each["decision_known"] for each in held)
        assert {each["payment_id"] for each in held} == set(UGLY)
