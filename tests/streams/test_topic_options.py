"""Replicas, their brokers and retention are settings, checked on topics that are there already."""

from typing import Any

import pytest
from confluent_kafka.admin import ConfigResource, ResourceType

from models.units import DAY_MS
from streams.errors import Misconfigured
from streams.kafka import TopicOptions, Topics, admin, admin_client, reach, topic_config
from streams.settings import InvalidSetting, Settings

NAMES = ("REPLICATION_FACTOR", "MIN_INSYNC_REPLICAS", "REPLICA_BROKERS", "RETENTION_DAYS")


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"TOLLGATE_KAFKA_{name}", raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"TOLLGATE_KAFKA_{name}", raising=False)
    for name, value in values.items():
        monkeypatch.setenv(f"TOLLGATE_KAFKA_{name}", value)


def test_without_settings_topics_are_as_they_always_were() -> None:
    options = Settings().topic_options()
    assert options == TopicOptions()
    assert all(options.config(role) == topic_config(role) for role in ("payments", "journal", "label-ledger"))


def test_settings_say_how_topics_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(
        monkeypatch,
        MIN_INSYNC_REPLICAS="2",
        REPLICA_BROKERS="3, 1,2",
        RETENTION_DAYS="payments=90,decisions=-1",
    )
    options = Settings().topic_options()
    assert (options.replicas, options.replica_brokers) == (3, (3, 1, 2))
    assert options.config("payments")["retention.ms"] == str(90 * DAY_MS)
    assert options.config("payments")["min.insync.replicas"] == "2"
    assert options.config("decisions")["retention.ms"] == "-1"
    assert options.config("labels")["retention.ms"] == topic_config("labels")["retention.ms"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"REPLICATION_FACTOR": "2", "MIN_INSYNC_REPLICAS": "3"}, "nothing could be written"),
        ({"REPLICATION_FACTOR": "2", "REPLICA_BROKERS": "1,2,3"}, "leave the factor out"),
        ({"RETENTION_DAYS": "payment=90"}, "there is no such topic; there are artefacts, controls"),
        ({"RETENTION_DAYS": "journal=90"}, "must never expire"),
        ({"RETENTION_DAYS": "label-ledger=90"}, "must never expire"),
        ({"RETENTION_DAYS": "payments=1"}, "2 days are needed"),
        ({"RETENTION_DAYS": "disputes=29"}, "30 days are needed"),
    ],
)
def test_what_would_lose_messages_is_refused(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], words: str
) -> None:
    set_all(monkeypatch, **values)
    with pytest.raises(Misconfigured, match=words):
        Settings().topic_options()


@pytest.mark.parametrize(
    ("name", "value"),
    [("REPLICA_BROKERS", "1,1"), ("REPLICA_BROKERS", "one"), ("RETENTION_DAYS", "payments"),
     ("RETENTION_DAYS", "payments=many"), ("RETENTION_DAYS", "payments=--5"),
     ("RETENTION_DAYS", "payments=²"), ("RETENTION_DAYS", f"payments={'9' * 5_000}"),
     ("REPLICATION_FACTOR", "-1")],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    set_all(monkeypatch, **{name: value})
    with pytest.raises(InvalidSetting, match=f"TOLLGATE_KAFKA_{name}"):
        Settings()


def settings_on(bootstrap: str, topic: str) -> dict[str, Any]:
    client = admin_client(bootstrap)
    asked = client.describe_configs([ConfigResource(ResourceType.TOPIC, topic)])
    (found,) = (future.result(30) for future in asked.values())
    return {name: entry.value for name, entry in found.items()}


@pytest.mark.kafka
def test_topics_are_made_so_and_those_that_keep_less_are_refused(
    monkeypatch: pytest.MonkeyPatch, kafka: str
) -> None:
    engine = "topic-options"
    topics = Topics(engine)
    set_all(monkeypatch, REPLICA_BROKERS="1", MIN_INSYNC_REPLICAS="1", RETENTION_DAYS="payments=90")
    admin.ensure_topics(kafka, engine)
    made = settings_on(kafka, topics["payments"])
    assert (made["retention.ms"], made["min.insync.replicas"]) == (str(90 * DAY_MS), "1")
    assert reach(kafka).topics[topics["payments"]].partitions[0].replicas == [1]
    for values, words in (
        ({"RETENTION_DAYS": "payments=91"}, f"{engine}.payments keeps 90.0 days, .* asks for 91"),
        ({"RETENTION_DAYS": "payments=-1"}, f"{engine}.payments keeps 90.0 days"),
        ({"MIN_INSYNC_REPLICAS": "2"}, "has min.insync.replicas=1, .* asks for 2"),
        ({"REPLICATION_FACTOR": "3"}, "has 1 replicas, the settings ask for 3"),
    ):
        set_all(monkeypatch, **values)
        with pytest.raises(Misconfigured, match=words):
            admin.check_topics(kafka, engine)
    set_all(monkeypatch, RETENTION_DAYS="payments=30")
    admin.check_topics(kafka, engine)


@pytest.mark.kafka
def test_more_replicas_than_brokers_is_said(monkeypatch: pytest.MonkeyPatch, kafka: str) -> None:
    set_all(monkeypatch, REPLICATION_FACTOR="3")
    with pytest.raises(Misconfigured, match=r"topic .* could not be made: .*[Rr]eplication"):
        admin.ensure_topics(kafka, "topic-options-3")
