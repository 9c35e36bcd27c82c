"""Whether a cluster lets us in, and if not, why: wrong TLS, a wrong password and a broker that is away look
the same to most calls, which only time out. What does not last is asked again.
"""

import socket
import ssl
import time
from collections.abc import Callable
from typing import Final, TypeVar

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import ClusterMetadata

from streams.connection import security
from streams.errors import Misconfigured, Outage
from streams.kafka.client import SILENT, admin_client

T = TypeVar("T")

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
RETRIABLE: Final = frozenset(
    {
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_CONTROLLER,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.UNKNOWN_TOPIC_ID,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
    }
)
"""What Kafka answers while a topic just made, or a broker just started, gets its leader: errors that its
protocol calls retriable. The admin client does not ask again by itself."""
UNANSWERED: Final = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.REQUEST_TIMED_OUT,
    }
)


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


def not_ready(failure: KafkaException) -> str | None:
    """What to say where Kafka could not answer now; None for another failure."""
    error = failure.args[0]
    if error.code() not in RETRIABLE | UNANSWERED:
        return None
    return f"Kafka does not answer as it should ({error.str()}): is it up? Then try again"


def is_retriable(failure: BaseException) -> bool:
    """Whether the same question may be answered a moment later."""
    return isinstance(failure, KafkaException) and failure.args[0].code() in RETRIABLE


def asked_again(
    ask: Callable[[], T], limit_s: float, passes: Callable[[BaseException], bool] = is_retriable
) -> T:
    """What `ask` returns; it is called again, for at most `limit_s`, while it raises what passes."""
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

    return Retrying(
        retry=retry_if_exception(passes), stop=stop_after_delay(limit_s), wait=wait_fixed(0.1), reraise=True
    )(ask)
