"""The credentials of a secured broker, made once: its certificates, and a SCRAM user for each role.

    ca.pem                    what clients check the broker with
    broker.pem                the broker's key and certificate
    superuser.pem, .key       of the one who makes users and grants, by mutual TLS
    clients/ROLE.properties   user and password of a role, in the form that `KAFKA_PROPERTIES_FILE` names

Invariants: the folder appears whole, under its own name, or not at all; everything in it can be read by its
owner alone; passwords are 256 random bits and stand nowhere else.
"""

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from storage import write_new_private
from streams.access import ROLES, principal
from streams.platform.broker.certificates import CertificateAuthority

BROKER: Final = "tollgate-broker"
SUPERUSER: Final = "tollgate-superuser"
SUPERUSER_FILE: Final = "superuser"
PASSWORD_BYTES: Final = 32


class BrokerCredentials:
    """The folder of one broker's credentials; `place` is where its clients will find it, if elsewhere."""

    def __init__(self, folder: Path, place: Path | None = None) -> None:
        self.folder = folder
        self.clients = folder / "clients"
        self._place = place or folder

    @property
    def exist(self) -> bool:
        return self.folder.exists()

    def make(self, engine: str, hosts: Sequence[str]) -> bool:
        """Makes all of them unless they are there; whether it did. `hosts`: what clients call the broker."""
        if self.exist:
            return False
        partial = self.folder.with_name(f"{self.folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        (partial / "clients").mkdir(mode=0o700, parents=True)
        partial.chmod(0o700)
        for name, content in self._files(engine, hosts).items():
            write_new_private(partial / name, content)
        partial.rename(self.folder)
        return True

    def add_users(self, engine: str) -> None:
        """Makes users for the roles that the house has got since: of credentials made by an older version."""
        for role in ROLES:
            if not self.client(role.name).exists():
                write_new_private(self.client(role.name), self._user(engine, role.name))

    def client(self, role: str) -> Path:
        """The properties file of a role."""
        return self.clients / f"{role}.properties"

    def write_superuser(self, bootstrap: str) -> None:
        """Writes the superuser's file, with the address of the broker's listener for administration."""
        content = _properties(
            {
                "bootstrap.servers": bootstrap,
                "security.protocol": "SSL",
                "ssl.ca.location": self._place / "ca.pem",
                "ssl.certificate.location": self._place / "superuser.pem",
                "ssl.key.location": self._place / "superuser.key",
            }
        )
        path = self.client(SUPERUSER_FILE)
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        partial.unlink(missing_ok=True)
        write_new_private(partial, content)
        partial.replace(path)

    def _files(self, engine: str, hosts: Sequence[str]) -> Mapping[str, bytes]:
        authority = CertificateAuthority()
        broker, superuser = authority.issue(BROKER, hosts), authority.issue(SUPERUSER)
        users = {f"clients/{role.name}.properties": self._user(engine, role.name) for role in ROLES}
        return users | {
            "ca.pem": authority.pem,
            "broker.pem": broker.key + broker.certificate,
            "superuser.pem": superuser.certificate,
            "superuser.key": superuser.key,
        }

    def _user(self, engine: str, role: str) -> bytes:
        return _properties(
            {
                "security.protocol": "SASL_SSL",
                "sasl.mechanism": "SCRAM-SHA-512",
                "sasl.username": principal(engine, role).removeprefix("User:"),
                "sasl.password": secrets.token_hex(PASSWORD_BYTES),
                "ssl.ca.location": self._place / "ca.pem",
            }
        )


def _properties(values: Mapping[str, str | Path]) -> bytes:
    return "".join(f"{name}={value}\n" for name, value in values.items()).encode()
