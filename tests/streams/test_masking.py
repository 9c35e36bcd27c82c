"""No setting is shown with a secret in it, in whatever form the secret comes."""

import json

import pytest
from click.testing import CliRunner

from streams.commands.installation.settings import command
from streams.masking import is_secret, masked, shown
from streams.settings import InvalidSetting, Settings

SECRET = "hunter2"
FORMS = [
    f"https://tollgate:{SECRET}@host:8443/fraud",
    f"http://tollgate:p@{SECRET}@host:8123/x",
    f"http://tollgate:a/{SECRET}@host:8123/x",
    f"https://:{SECRET}@host:8443",
    f"redis://:{SECRET}@host:6379/0",
    f"rediss://default:{SECRET}@[::1]:6379/0",
    f"tollgate:{SECRET}@host:9092,tollgate:{SECRET}@other:9092",
    f"https://host:8443/?user=tollgate&password={SECRET}&database=x",
    f"https://host/mlflow?access_token={SECRET}",
    f"https://host/x?API_KEY={SECRET}#part",
    f"host=db port=5432 user=tollgate password={SECRET} dbname=x",
    f"host=db password='a {SECRET}' dbname=x",
    f"sasl.password={SECRET}",
    f"ssl.key.password = {SECRET}\nsasl.username=x",
    f"Server=db;Pwd={SECRET};Database=x",
    f'org.apache.kafka.Login required username="a" password="{SECRET} x";',
    f"oauth.client.secret={SECRET},scope=x",
    f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
    f"-----BEGIN EC PRIVATE KEY----- {SECRET}",
]


@pytest.mark.parametrize("text", FORMS)
def test_a_secret_is_masked_in_every_form(text: str) -> None:
    assert SECRET not in masked(text)
    assert "***" in masked(text)


@pytest.mark.parametrize(
    "text",
    ["", "host:9092", "host:9092,other:9092", "http://host:8123", "http://host:8123/a?database=x", "04:00",
     "/run/secrets/kafka-password", "C:/x", "redis://host:6379/0", "http://[::1]:8123/x", "5.0",
     "own.py:more/own.py"],
)  # fmt: skip
def test_what_holds_no_secret_is_shown_as_it_is(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize(
    ("variable", "secret"),
    [
        ("KAFKA_SASL_PASSWORD", True), ("TOLLGATE_SIGNING_KEY", True), ("X_CLIENT_SECRET", True),
        ("MLFLOW_TRACKING_TOKEN", True), ("DATABASE_DSN", True), ("KAFKA_SASL_PASSWORD_FILE", False),
        ("KAFKA_SASL_OAUTH_TOKEN_URL", False), ("TOLLGATE_TRA_KEY_FILE", False), ("TOLLGATE_HOME", False),
        ("TOLLGATE_DEDUPLICATION_KEYS_MAX", False),
    ],
)  # fmt: skip
def test_a_variable_is_secret_by_its_name(variable: str, secret: bool) -> None:
    assert is_secret(variable) is secret
    assert (shown(variable, "x") == "***") is secret
    assert shown(variable, "") == ""


def test_the_command_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLICKHOUSE_URL", f"https://host:8443/?user=a&password={SECRET}")
    monkeypatch.setenv("TOLLGATE_FEAST_ONLINE", f"redis://:{SECRET}@host:6379/0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"https://me:{SECRET}@host/x")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://tollgate:{SECRET}@host/x?sslpassword={SECRET}")
    printed = CliRunner().invoke(command, []).output
    assert "DATABASE_URL=postgresql://tollgate:***@host/x?sslpassword=***" in printed
    assert "CLICKHOUSE_URL=https://host:8443/?user=a&password=***" in printed
    assert SECRET not in printed


def test_a_refused_value_is_named_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLGATE_RETRAIN_AT", f"https://a:{SECRET}@host")
    with pytest.raises(InvalidSetting) as refused:
        Settings()
    assert "TOLLGATE_RETRAIN_AT" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_no_secret_is_in_json() -> None:
    assert SECRET not in masked(json.dumps({"password": SECRET, "url": f"http://a:{SECRET}@h"}))
