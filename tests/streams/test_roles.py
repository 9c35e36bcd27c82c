"""The matrix of roles: nobody has more than the work needs, and nothing is left out."""

import json
import shlex

import pytest
from click.testing import CliRunner

from streams import cli
from streams.access import ROLES, Grant, grants, kafka_acls_lines, role_named
from streams.access.roles import TOPICS
from streams.commands.installation.acls import command
from streams.errors import Misconfigured
from streams.kafka import AGENT_TOPICS, ENGINE_TOPICS
from streams.platform.lag import GROUPS

WRITERS = {
    "controls": {"engine", "list-agent", "publisher", "administrator", "desk", "console"},
    "artefacts": {"publisher", "administrator", "console"},
    "labels": {"label-agent", "label-source", "simulator", "desk"},
    "outcomes": {"outcome-source", "simulator", "desk"},
    "payments": {"payment-service", "simulator", "desk"},
    "history": {"history-source", "simulator"},
    "decisions": {"engine"},
    "features": {"engine"},
    "journal": {"engine"},
    "dead-letters": {"engine"},
    "list-requests": {"list-requester", "simulator", "desk"},
    "list-audit": {"list-agent"},
    "disputes": {"dispute-intake", "simulator", "desk"},
    "label-ledger": {"label-agent"},
    "label-parked": {"label-agent"},
    "reviews": {"desk"},
}
"""Written by hand: who may write to a topic decides what may happen."""


def test_only_these_may_write_to_a_topic() -> None:
    written = {topic: {role.name for role in ROLES if topic in role.writes} for topic in TOPICS}
    assert written == WRITERS


def test_every_topic_is_in_the_matrix() -> None:
    assert set(TOPICS) == {*ENGINE_TOPICS, *AGENT_TOPICS}
    for role in ROLES:
        assert {*role.reads, *role.writes, *role.sees, *role.checks} <= set(TOPICS), role.name


def test_who_only_looks_or_only_sends_does_just_that() -> None:
    assert role_named("analyst").writes == ()
    assert role_named("follower").writes == ()
    for name in ("payment-service", "outcome-source", "label-source", "history-source"):
        role = role_named(name)
        assert (role.reads, role.groups, role.own_groups, role.transactional_ids) == ((), (), "", ())


def test_a_transactional_id_belongs_to_one_role() -> None:
    """Whoever may use one can fence its owner. All that publish share theirs, as one publisher."""
    owners: dict[str, set[str]] = {}
    for role in ROLES:
        for name in role.transactional_ids:
            owners.setdefault(name, set()).add(role.name)
    shared = {name: found for name, found in owners.items() if len(found) > 1}
    assert shared == {"ENGINE-controls": {"publisher", "administrator", "desk", "console"}}


def test_offsets_of_a_process_are_committed_by_that_process_alone() -> None:
    for reader, groups in GROUPS.items():
        for suffix, _ in groups:
            group = f"ENGINE{suffix}"
            assert [role.name for role in ROLES if group in role.groups] == [
                {"clickhouse": "warehouse", "parquet": "parquet-sink"}.get(reader, reader)
            ]
            assert group in role_named("analyst").watches


def test_rights_end_with_the_engine() -> None:
    """Prefixes too: `live.` does not cover `live2.payments`, nor does `live-` a group of engine `live-2`."""
    for role in ROLES:
        for grant in grants(role, "live"):
            assert grant.principal == f"User:live-{role.name}"
            assert grant.name.startswith(("live.", "live-")), grant
            if grant.is_prefix:
                assert grant.name[-1] in ".-", grant
                assert grant.name != "live-", grant


def test_reading_and_writing_imply_seeing() -> None:
    assert grants(role_named("payment-service"), "live") == [
        Grant("User:live-payment-service", "topic", "live.payments", "Write")
    ]


def test_lines_for_kafka_acls_hold_every_right() -> None:
    for role in ROLES:
        wanted = grants(role, "live", "User:CN=fraud,O=A Bank")
        read = set()
        for line in kafka_acls_lines(wanted, "broker:9093"):
            words = shlex.split(line)
            assert words[:3] == ["kafka-acls.sh", "--bootstrap-server", "broker:9093"]
            owner = words[words.index("--allow-principal") + 1]
            is_prefix = words[-2:] == ["--resource-pattern-type", "prefixed"]
            resource, name = words[-4:-2] if is_prefix else words[-2:]
            read |= {
                Grant(owner, resource.removeprefix("--"), name, words[place + 1], is_prefix)
                for place, word in enumerate(words)
                if word == "--operation"
            }
        assert read == set(wanted)


def test_the_command_shows_the_matrix_without_a_cluster() -> None:
    table = CliRunner().invoke(command, ["--role", "warehouse"]).output
    assert table.splitlines()[0] == "User:live-warehouse"
    assert "  topic             live.decisions                    Read\n" in table
    everything = json.loads(CliRunner().invoke(command, ["--json", "--engine", "shop"]).output)
    assert {row["principal"] for row in everything} == {
        f"User:shop-{role.name}" for role in ROLES if not role.only_local
    }
    lines = CliRunner().invoke(command, ["--lines", "--role", "engine", "--principal", "engine=User:CN=e"])
    assert all("--allow-principal User:CN=e " in line for line in lines.output.splitlines())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--role", "boss"], "there is no role 'boss'; there are engine, follower"),
        (["--principal", "engine=fraud"], "a principal has a type"),
        (["--principal", "boss=User:x"], "there is no role 'boss'"),
    ],
)
def test_a_wrong_role_is_refused(arguments: list[str], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        CliRunner().invoke(command, arguments, catch_exceptions=False)


@pytest.mark.kafka
def test_a_broker_without_access_control_lists_is_called_so(
    kafka: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka)
    for option in ("--check", "--apply"):
        with pytest.raises(SystemExit):
            cli.main(["acls", option])
        assert "has no access control lists: whoever reaches it may do anything" in capsys.readouterr().err
