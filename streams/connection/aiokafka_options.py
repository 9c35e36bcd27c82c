"""The same security for the client library of the agents, which is written in Python."""

import ssl
from pathlib import Path
from typing import Final

from streams.connection.kafka_security import KafkaSecurity
from streams.errors import Misconfigured

MAPPED: Final = frozenset(
    {
        "https.ca.location", "sasl.mechanism", "sasl.username", "sasl.password", "sasl.oauthbearer.method",
        "sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.client.id",
        "sasl.oauthbearer.client.secret", "sasl.oauthbearer.scope", "sasl.oauthbearer.extensions",
        "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password",
        "ssl.endpoint.identification.algorithm", "enable.ssl.certificate.verification",
    }
)  # fmt: skip
SECURITY: Final = ("https.ca.", "sasl.", "ssl.")


def check_mapped(security: KafkaSecurity) -> None:
    """Raises `Misconfigured` for a security property that the agents' client has no equal of."""
    unmapped = sorted(key for key in security.properties if key.startswith(SECURITY) and key not in MAPPED)
    if unmapped:
        raise Misconfigured(
            f"{unmapped[0]}: the agents' client cannot honour it. The agents take {', '.join(sorted(MAPPED))}"
        )


def ssl_context(security: KafkaSecurity) -> ssl.SSLContext | None:
    """For TLS; None for connections without. Raises `Misconfigured` for files that hold something else."""
    if not security.protocol.endswith("SSL"):
        return None
    given = security.properties
    try:
        context = trusting(given.get("ssl.ca.location", "probe"))
        if "ssl.certificate.location" in given:
            # An empty password, not None: a locked key must fail, not ask at the terminal.
            key_password = given.get("ssl.key.password", "")
            context.load_cert_chain(
                given["ssl.certificate.location"], given["ssl.key.location"], key_password
            )
    except (ssl.SSLError, OSError) as failure:
        raise Misconfigured(
            f"a certificate or key of Kafka's TLS cannot be used: {failure.args[-1]}"
        ) from None
    if not security.verifies:
        context.check_hostname = False
    if given.get("enable.ssl.certificate.verification", "true").lower() != "true":
        context.verify_mode = ssl.CERT_NONE
    return context


def trusting(place: str) -> ssl.SSLContext:
    """Trusts the authorities in a file or folder; `probe`: those of the system. Raises `OSError`."""
    if place == "probe":
        return ssl.create_default_context()
    if Path(place).is_dir():
        return ssl.create_default_context(capath=place)
    return ssl.create_default_context(cafile=place)
