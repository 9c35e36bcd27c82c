"""The environment variables of Kafka's security, and the property of librdkafka that each one sets."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from streams.connection.bounded_text import bounded_text
from streams.errors import Misconfigured

PROPERTIES_FILE: Final = "KAFKA_PROPERTIES_FILE"

SECRETS: Final[Mapping[str, str]] = {
    "KAFKA_SASL_PASSWORD": "sasl.password",
    "KAFKA_SASL_OAUTH_CLIENT_SECRET": "sasl.oauthbearer.client.secret",
    "KAFKA_SSL_KEY_PASSWORD": "ssl.key.password",
}
"""Each may be given by its name with `_FILE` as the path of a file instead."""

VARIABLES: Final[Mapping[str, str]] = {
    "KAFKA_SECURITY_PROTOCOL": "security.protocol",
    "KAFKA_SASL_MECHANISM": "sasl.mechanism",
    "KAFKA_SASL_USERNAME": "sasl.username",
    "KAFKA_SASL_OAUTH_TOKEN_URL": "sasl.oauthbearer.token.endpoint.url",
    "KAFKA_SASL_OAUTH_CLIENT_ID": "sasl.oauthbearer.client.id",
    "KAFKA_SASL_OAUTH_SCOPE": "sasl.oauthbearer.scope",
    "KAFKA_SASL_OAUTH_EXTENSIONS": "sasl.oauthbearer.extensions",
    "KAFKA_SSL_CA_FILE": "ssl.ca.location",
    "KAFKA_SSL_CERTIFICATE_FILE": "ssl.certificate.location",
    "KAFKA_SSL_KEY_FILE": "ssl.key.location",
    **SECRETS,
}

FAMILIES: Final = ("KAFKA_SECURITY_", "KAFKA_SASL_", "KAFKA_SSL_", "KAFKA_PROPERTIES")
SECRET_BYTES_MAX: Final = 65_536


def from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Properties that variables set. Raises `Misconfigured`, which never shows a value."""
    _refuse_unknown(environment)
    given = {VARIABLES[name]: environment[name] for name in VARIABLES if environment.get(name)}
    for name, key in SECRETS.items():
        path = environment.get(f"{name}_FILE")
        if path and environment.get(name):
            raise Misconfigured(f"{name} and {name}_FILE are both set: unset one of them")
        if path:
            given[key] = secret_in(f"{name}_FILE", Path(path))
    return given


def security_variables() -> tuple[str, ...]:
    """Every variable of Kafka's security."""
    return (*VARIABLES, *(f"{name}_FILE" for name in SECRETS), PROPERTIES_FILE)


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    unknown = sorted(
        name for name in environment if name.startswith(FAMILIES) and name not in security_variables()
    )
    if unknown:
        closest = difflib.get_close_matches(unknown[0], security_variables(), n=1, cutoff=0.0)[0]
        raise Misconfigured(
            f"{', '.join(unknown)}: no such setting, and a misspelt one would leave Kafka's connection less "
            f"secure than you mean. Closest known name: {closest}. `tollgate settings` lists all"
        )


def secret_in(variable: str, path: Path) -> str:
    """The file's content without the newline that editors add. Raises `Misconfigured`."""
    secret = bounded_text(path, SECRET_BYTES_MAX, f"{variable}={path}: the file").rstrip("\r\n")
    if not secret or len(secret) > SECRET_BYTES_MAX or "\n" in secret:
        raise Misconfigured(f"{variable}={path}: the file must hold the secret alone, on one line")
    return secret
