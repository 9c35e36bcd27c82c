"""What a client needs to be let in, from variables and a properties file, checked before anything is sent.

Order: a variable wins over the same property of the file, so that a file may hold all but the secret. The
credentials of the local secured broker (`use_local`) count only where neither is set.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from streams.connection import properties_file, variables
from streams.errors import Misconfigured

PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
WITH_PASSWORD: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
MECHANISMS: Final = (*WITH_PASSWORD, "OAUTHBEARER")
FILES: Final = (
    "https.ca.location", "ssl.ca.location", "ssl.certificate.location", "ssl.key.location",
    "ssl.keystore.location",
)  # fmt: skip
ALIASES: Final = {
    "sasl.mechanisms": "sasl.mechanism",
    "sasl.oauthbearer.client.credentials.client.id": "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.credentials.client.secret": "sasl.oauthbearer.client.secret",
}

FIRST_ROLE: Final = "analyst"
"""Reads and writes nothing: what a command is that does not say otherwise."""

_local_files: dict[str, Path] = {}
_acting_as: list[str] = []
"""The one role of this process, where it has said so."""


@dataclass(frozen=True)
class KafkaSecurity:
    """The properties of librdkafka that prove who we are; without any, a connection in clear text."""

    properties: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def protocol(self) -> str:
        """One of `PROTOCOLS`."""
        return self.properties.get("security.protocol", "PLAINTEXT")

    @property
    def mechanism(self) -> str:
        """Of SASL; empty without."""
        return self.properties.get("sasl.mechanism", "")

    @property
    def user(self) -> str:
        """Who we are to Kafka, as far as the settings say: user, client id or certificate."""
        for key in ("sasl.username", "sasl.oauthbearer.client.id", "ssl.certificate.location"):
            if key in self.properties:
                return self.properties[key]
        return "ANONYMOUS"

    @property
    def verifies(self) -> bool:
        """Whether the broker must prove that it is the one that was asked for."""
        checked = self.properties.get("enable.ssl.certificate.verification", "true").lower() == "true"
        return checked and self.properties.get("ssl.endpoint.identification.algorithm") != "none"

    def warnings(self) -> Iterator[str]:
        """What is weaker than it should be, for logs and people."""
        if self.protocol.endswith("SSL") and not self.verifies:
            yield (
                "Kafka's certificate is NOT verified: anybody between us and Kafka can read and change "
                "payments and decisions. Give the private CA by KAFKA_SSL_CA_FILE instead"
            )
        if self.protocol == "SASL_PLAINTEXT":
            yield "Kafka's connection is not encrypted: KAFKA_SECURITY_PROTOCOL=SASL_SSL encrypts it"


def security(bootstrap: str) -> KafkaSecurity:
    """How to be let in at `bootstrap`. Reads files again each time, so that secrets can be renewed. Raises
    `Misconfigured`.
    """
    given = from_settings(os.environ)
    if not given and bootstrap in _local_files:
        given = _normal(properties_file.read(_local_files[bootstrap]))
    given.pop("bootstrap.servers", None)
    _check(given)
    return KafkaSecurity(given)


def use_local(bootstrap: str, folder: Path, role: str = "") -> None:
    """Connections of this process to the local secured broker at `bootstrap` are made by `role` from now on:
    `folder` has a properties file for each. Without a role, by the one named before; where the process has
    said what it is, by that one always.
    """
    role = _acting_as[-1] if _acting_as else role
    if role or bootstrap not in _local_files:
        _local_files[bootstrap] = folder / f"{role or FIRST_ROLE}.properties"


def act_as(role: str) -> None:
    """This process is one role from now on, whatever its commands name: for one that does several things at
    once, of which none may change what the others are let in as.
    """
    _acting_as.append(role)


def own_bootstrap(environment: Mapping[str, str]) -> str:
    """The brokers that the properties file names; empty where it names none."""
    path = environment.get(variables.PROPERTIES_FILE)
    return properties_file.read(Path(path).expanduser()).get("bootstrap.servers", "") if path else ""


def from_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The properties that variables and the properties file give together."""
    path = environment.get(variables.PROPERTIES_FILE)
    from_file = properties_file.read(Path(path).expanduser()) if path else {}
    return _normal(from_file) | variables.from_environment(environment)


def _normal(properties: Mapping[str, str]) -> dict[str, str]:
    return {ALIASES.get(key, key): value for key, value in properties.items()}


def _check(given: dict[str, str]) -> None:
    protocol = given.get("security.protocol", "").upper()
    if protocol:
        given["security.protocol"] = protocol
    if protocol and protocol not in PROTOCOLS:
        raise Misconfigured(f"KAFKA_SECURITY_PROTOCOL is {protocol!r}: it is one of {', '.join(PROTOCOLS)}")
    _check_nothing_unused(given, protocol)
    if protocol.startswith("SASL"):
        _check_sasl(given)
    if ("ssl.certificate.location" in given) != ("ssl.key.location" in given):
        raise Misconfigured("KAFKA_SSL_CERTIFICATE_FILE and KAFKA_SSL_KEY_FILE go together: set both or none")
    for key in FILES:
        _check_file(key, given.get(key))


def _check_nothing_unused(given: Mapping[str, str], protocol: str) -> None:
    """A password or CA that no connection uses means that somebody believes it is used."""
    for prefix, part, wanted in (("sasl.", "SASL_", "SASL_SSL"), ("ssl.", "SSL", "SSL or SASL_SSL")):
        idle = sorted(key for key in given if key.startswith(prefix))
        used = protocol.startswith(part) if prefix == "sasl." else protocol.endswith(part)
        if idle and not used:
            raise Misconfigured(
                f"{_spoken(idle[0])} is set, but KAFKA_SECURITY_PROTOCOL is {protocol or 'not set'}: "
                f"it would not be used. Set KAFKA_SECURITY_PROTOCOL={wanted}"
            )


def _check_sasl(given: dict[str, str]) -> None:
    mechanism = given.get("sasl.mechanism", "").upper()
    if mechanism not in MECHANISMS:
        raise Misconfigured(
            f"KAFKA_SASL_MECHANISM is {mechanism or 'not set'}: it is one of {', '.join(MECHANISMS)}"
        )
    given["sasl.mechanism"] = mechanism
    needed = ["sasl.username", "sasl.password"]
    if mechanism == "OAUTHBEARER":
        given.setdefault("sasl.oauthbearer.method", "oidc")
        if given["sasl.oauthbearer.method"] != "oidc":
            raise Misconfigured("sasl.oauthbearer.method must be oidc: the other one proves nothing")
        needed = [f"sasl.oauthbearer.{name}" for name in ("token.endpoint.url", "client.id", "client.secret")]
    missing = [_spoken(key) for key in needed if not given.get(key)]
    if missing:
        raise Misconfigured(f"SASL {mechanism} needs {' and '.join(missing)}")


def _check_file(key: str, value: str | None) -> None:
    if not value or value == "probe":
        return
    try:
        if not Path(value).is_dir():
            with Path(value).open("rb"):
                return
    except OSError as failure:
        raise Misconfigured(f"{_spoken(key)}={value}: the file cannot be read: {failure.strerror}") from None


def _spoken(key: str) -> str:
    """The variable of a property, or the property where it has none."""
    return next((name for name, of_name in variables.VARIABLES.items() if of_name == key), key)
