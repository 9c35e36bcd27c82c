"""A role's rights on the topics, groups and transactional ids of one engine, one by one."""

from collections.abc import Iterator
from dataclasses import dataclass

from streams.access.roles import KafkaRole
from streams.kafka import Topics


@dataclass(frozen=True, order=True)
class Grant:
    """A principal may do one operation on one resource, or on all whose names begin so (`is_prefix`)."""

    principal: str
    resource: str
    """`topic`, `group` or `transactional-id`."""

    name: str
    operation: str
    """As `kafka-acls.sh` names it: `Read`, `Write`, `Describe`, `DescribeConfigs`, `Create`."""

    is_prefix: bool = False


def principal(engine: str, role: str) -> str:
    """The default: the SASL user `ENGINE-ROLE`."""
    return f"User:{engine}-{role}"


def grants(role: KafkaRole, engine: str, owner: str = "") -> list[Grant]:
    """The rights of `role` on an engine, for the principal `owner` (default: `principal`)."""
    who = owner or principal(engine, role.name)
    found = {
        Grant(who, resource, name, operation, is_prefix)
        for resource, name, operation, is_prefix in _rights(role, engine)
    }
    return sorted(found)


def _rights(role: KafkaRole, engine: str) -> Iterator[tuple[str, str, str, bool]]:
    """Reading and writing imply `Describe`."""
    topics = Topics(engine)
    seen = {*role.sees, *role.checks} - {*role.reads, *role.writes}
    for operation, names in (
        ("Read", role.reads),
        ("Write", role.writes),
        ("Describe", seen),
        ("DescribeConfigs", role.checks),
    ):
        yield from (("topic", topics[name], operation, False) for name in names)
    if role.makes_topics:
        yield "topic", topics[""], "Create", True
    for operation, names in (("Read", role.groups), ("Describe", role.watches)):
        yield from (("group", name.replace("ENGINE", engine), operation, False) for name in names)
    if role.own_groups:
        yield "group", role.own_groups.replace("ENGINE", engine), "Read", True
    for name in role.transactional_ids:
        yield "transactional-id", name.replace("ENGINE", engine), "Write", False
