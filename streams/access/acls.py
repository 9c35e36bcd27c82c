"""Grants as Kafka's access control lists: lines for `kafka-acls.sh`, and bindings on a cluster."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
)

from streams.access.grants import Grant
from streams.errors import Misconfigured
from streams.kafka import AdminClient, admin_client, reach

TIMEOUT_S: Final = 30.0
NEEDED: Final = (
    "They need a principal with Alter and Describe on the cluster, and a broker with an authorizer"
)
RESOURCES: Final = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional-id": ResourceType.TRANSACTIONAL_ID,
}
OPERATIONS: Final = {
    "Read": AclOperation.READ,
    "Write": AclOperation.WRITE,
    "Create": AclOperation.CREATE,
    "Describe": AclOperation.DESCRIBE,
    "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
}


@dataclass(frozen=True)
class AclComparison:
    """The matrix beside what a cluster has for the same principals."""

    missing: tuple[Grant, ...]
    surplus: tuple[str, ...]
    """Rights that no role needs, in words."""


def kafka_acls_lines(wanted: Iterable[Grant], bootstrap: str) -> Iterator[str]:
    """Commands for a shell, one for each principal and resource."""

    def place(grant: Grant) -> tuple[str, str, str, bool]:
        return grant.principal, grant.resource, grant.name, grant.is_prefix

    for (owner, resource, name, is_prefix), group in groupby(sorted(wanted, key=place), place):
        operations = " ".join(f"--operation {grant.operation}" for grant in sorted(group))
        prefix = " --resource-pattern-type prefixed" if is_prefix else ""
        yield (
            f"kafka-acls.sh --bootstrap-server {shlex.quote(bootstrap)} "
            "--command-config admin.properties --add "
            f"--allow-principal {shlex.quote(owner)} {operations} --{resource} {shlex.quote(name)}{prefix}"
        )


def compare(bootstrap: str, wanted: Iterable[Grant]) -> AclComparison:
    """Raises `Misconfigured` where we may not ask, `Outage` where Kafka does not answer."""
    needed = {_binding(grant): grant for grant in wanted}
    owners = {binding.principal for binding in needed}
    reach(bootstrap, TIMEOUT_S)
    client = admin_client(bootstrap)
    everything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    try:
        if not _has_authorizer(client):
            raise Misconfigured(
                f"the broker at {bootstrap} has no access control lists: whoever reaches it may do anything. "
                "`tollgate up --secure` starts one that has them; for your own, see docs/security.md"
            )
        # Without the right to see them, librdkafka shows none instead of a refusal.
        cluster = client.describe_cluster(include_authorized_operations=True, request_timeout=TIMEOUT_S)
        if AclOperation.DESCRIBE not in (cluster.result(TIMEOUT_S).authorized_operations or ()):
            raise Misconfigured(f"the access control lists are out of reach for this principal. {NEEDED}")
        there = client.describe_acls(everything, request_timeout=TIMEOUT_S).result(TIMEOUT_S)
    except KafkaException as failure:
        raise _refusal(failure) from failure
    known = {_key(binding) for binding in there}
    missing = [grant for binding, grant in needed.items() if _key(binding) not in known]
    wanted_keys = {_key(binding) for binding in needed}
    surplus = [
        binding for binding in there if binding.principal in owners and _key(binding) not in wanted_keys
    ]
    return AclComparison(tuple(sorted(missing)), tuple(sorted(map(_words, surplus))))


def _has_authorizer(client: AdminClient) -> bool:
    """False where the broker's settings say that it checks nobody's rights. librdkafka, asked for the lists
    of such a broker, shows none instead of its refusal. Raises `KafkaException`.
    """
    broker = next(iter(client.list_topics(timeout=TIMEOUT_S).brokers))
    resource = ConfigResource(ConfigResource.Type.BROKER, str(broker))
    (asked,) = client.describe_configs([resource], request_timeout=TIMEOUT_S).values()
    try:
        named = asked.result(TIMEOUT_S).get("authorizer.class.name")
    except KafkaException as failure:
        if failure.args[0].code() == KafkaError.CLUSTER_AUTHORIZATION_FAILED:
            return True  # who checks that we may not ask checks rights
        raise
    return named is None or bool(named.value)


def apply(bootstrap: str, wanted: Iterable[Grant]) -> AclComparison:
    """Adds what is missing; what the cluster had before. Raises `Misconfigured` or `Outage`."""
    before = compare(bootstrap, wanted)
    if before.missing:
        client = admin_client(bootstrap)
        made = client.create_acls([_binding(grant) for grant in before.missing], request_timeout=TIMEOUT_S)
        try:
            for future in made.values():
                future.result(TIMEOUT_S)
        except KafkaException as failure:
            raise _refusal(failure) from failure
    return before


def _binding(grant: Grant) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if grant.is_prefix else ResourcePatternType.LITERAL
    return AclBinding(
        RESOURCES[grant.resource], grant.name, pattern, grant.principal, "*",
        OPERATIONS[grant.operation], AclPermissionType.ALLOW,
    )  # fmt: skip


def _key(binding: AclBinding) -> tuple[object, ...]:
    return (
        binding.restype, binding.name, binding.resource_pattern_type, binding.principal, binding.host,
        binding.operation, binding.permission_type,
    )  # fmt: skip


def _words(binding: AclBinding) -> str:
    return (
        f"{binding.principal}: {binding.permission_type.name} {binding.operation.name} on "
        f"{binding.restype.name} {binding.name} ({binding.resource_pattern_type.name}, host {binding.host})"
    )


def _refusal(failure: KafkaException) -> Misconfigured:
    return Misconfigured(f"the access control lists are out of reach: {failure.args[0].str()}. {NEEDED}")
