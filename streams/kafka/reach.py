"""Whether a cluster lets us in, and if not, why: wrong TLS, a wrong password and a broker that is away look
the same to most calls, which only time out.
"""

import socket
import ssl
import time
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import ClusterMetadata

from streams.connection import security
from streams.errors import Misconfigured, Outage
from streams.kafka.client import SILENT, admin_client

ASKED_S: Final = 1.0
REFUSALS: Final = frozenset(
    {
        KafkaError._SSL,
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
    }
)
DENIALS: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
"""The broker knows us, and what was asked for is not among our grants."""


def reach(bootstrap: str, timeout_s: float = 30.0) -> ClusterMetadata:
    """The cluster's metadata: brokers, and the topics that we may see.

    Raises `Misconfigured` as soon as TLS or SASL is refused, `Outage` where nothing answers in time; both say
    what the client saw.
    """
    errors: list[KafkaError] = []
    client = admin_client(bootstrap, SILENT, errors.append)
    deadline = time.monotonic() + timeout_s
    was_probed = False
    while True:
        left_s = deadline - time.monotonic()
        try:
            return client.list_topics(timeout=max(0.1, min(ASKED_S, left_s)))
        except KafkaException as failure:
            client.poll(0.05)
            _raise_refusal(bootstrap, errors)
            if not was_probed:
                was_probed = True
                _raise_clear_text(bootstrap)
            if time.monotonic() >= deadline:
                last = errors[-1] if errors else failure.args[0]
                raise Outage(f"Kafka at {bootstrap} does not answer: {last.str()}") from failure


def _raise_refusal(bootstrap: str, errors: list[KafkaError]) -> None:
    for error in errors:
        if error.code() in REFUSALS:
            entry = security(bootstrap)
            raise Misconfigured(
                f"Kafka at {bootstrap} does not let us in by {entry.protocol} {entry.mechanism}".rstrip()
                + f" as {entry.user!r}: {error.str()}. See KAFKA_SECURITY_PROTOCOL in `tollgate settings`"
            )
    del errors[:-1]


def _raise_clear_text(bootstrap: str) -> None:
    """A broker that wants TLS only closes a connection in clear text: its client cannot tell why."""
    protocol = security(bootstrap).protocol
    if not protocol.endswith("SSL") and _speaks_tls(bootstrap.partition(",")[0].strip()):
        raise Misconfigured(
            f"Kafka at {bootstrap} speaks TLS, and KAFKA_SECURITY_PROTOCOL is {protocol}: set it to "
            "SASL_SSL, or to SSL for a broker without users"
        )


def _speaks_tls(address: str) -> bool:
    host, _, port = address.rpartition(":")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is sent
    try:
        with (
            socket.create_connection((host.strip("[]"), int(port)), timeout=ASKED_S) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except (OSError, ValueError):
        return False


def denial(failure: KafkaException) -> str | None:
    """What to say where a grant is missing; None for another failure."""
    error = failure.args[0]
    if not isinstance(error, KafkaError) or error.code() not in DENIALS:
        return None
    return (
        f"Kafka refuses this principal: {error.str()}. `tollgate acls` shows what each role needs: grant it, "
        "or run the command as a principal that has it"
    )
