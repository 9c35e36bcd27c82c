"""SCRAM users of a cluster, for the local secured broker: a user for each role."""

from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from streams.errors import Misconfigured
from streams.kafka import admin_client

TIMEOUT_S: Final = 30.0
ITERATIONS: Final = 4_096
"""The least that Kafka takes; our passwords are 256 random bits, which no number of guesses finds."""


def set_passwords(bootstrap: str, passwords: Mapping[str, str]) -> None:
    """Makes the users, or gives them these passwords. Raises `Misconfigured` without the right to."""
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    wanted = [
        UserScramCredentialUpsertion(user, info, password.encode()) for user, password in passwords.items()
    ]
    client = admin_client(bootstrap)
    try:
        for future in client.alter_user_scram_credentials(wanted, request_timeout=TIMEOUT_S).values():
            future.result(TIMEOUT_S)
    except KafkaException as failure:
        raise Misconfigured(f"users could not be made: {failure.args[0].str()}") from failure
