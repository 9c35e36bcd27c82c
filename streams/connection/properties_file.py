"""A properties file of librdkafka, as providers of Kafka hand it out. Only what concerns the connection is
taken: how we read and write is ours to set, and a file must not switch off what exactly-once rests on.
"""

from pathlib import Path
from typing import Final

from streams.connection.bounded_text import bounded_text
from streams.errors import Misconfigured

TAKEN: Final = frozenset(
    {
        "bootstrap.servers", "broker.address.family", "broker.address.ttl", "client.dns.lookup", "client.id",
        "client.rack", "connections.max.idle.ms", "enable.ssl.certificate.verification", "security.protocol",
    }
)  # fmt: skip
TAKEN_PREFIXES: Final = ("https.ca.", "sasl.", "socket.", "ssl.")
UNUSED: Final = {"session.timeout.ms": None, "acks": ("all", "-1")}
"""In every provider's template; no client of ours needs them. `acks` must say what we do anyhow."""

JAVA: Final = {
    "sasl.jaas.config": "sasl.username and sasl.password",
    "sasl.login.callback.handler.class": "sasl.oauthbearer.method=oidc",
    "ssl.truststore.location": "ssl.ca.location (a PEM file)",
    "ssl.truststore.password": "ssl.ca.location (a PEM file)",
    "ssl.truststore.type": "ssl.ca.location (a PEM file)",
    "ssl.keystore.type": "ssl.certificate.location and ssl.key.location (PEM files)",
}
INLINE: Final = ("ssl.ca.pem", "ssl.certificate.pem", "ssl.key.pem")
BYTES_MAX: Final = 65_536


def read(path: Path) -> dict[str, str]:
    """The file's properties. Raises `Misconfigured`, which names file and line and shows no value."""
    found: dict[str, str] = {}
    for number, line in enumerate(_text(path).splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key, separator, value = (part.strip() for part in text.partition("="))
        if not separator:
            raise Misconfigured(f"{path}, line {number}: a line is `property=value`")
        if key in found:
            raise Misconfigured(f"{path}, line {number}: {key} is there twice")
        if _is_taken(f"{path}, line {number}", key, value):
            found[key] = value
    return found


def _is_taken(place: str, key: str, value: str) -> bool:
    if key in JAVA:
        raise Misconfigured(f"{place}: {key} is for Java's client; librdkafka's is {JAVA[key]}")
    if key in INLINE:
        raise Misconfigured(f"{place}: {key} does not fit on a line; use {key.removesuffix('.pem')}.location")
    if key in UNUSED:
        only = UNUSED[key]
        if only is not None and value not in only:
            raise Misconfigured(f"{place}: {key} is always all: a payment must not be lost with one broker")
        return False
    if key not in TAKEN and not key.startswith(TAKEN_PREFIXES):
        raise Misconfigured(
            f"{place}: {key} is not about the connection. Tollgate sets it itself; remove the line"
        )
    return True


def _text(path: Path) -> str:
    text = bounded_text(path, BYTES_MAX, f"{path}: the properties file")
    if len(text) > BYTES_MAX:
        raise Misconfigured(f"{path}: a properties file has at most {BYTES_MAX} characters")
    return text
