"""A certificate authority for one local broker, and the certificates it signs: TLS on a machine without any.

Keys are of the curve P-256, in PEM, unlocked and readable by their owner alone.
"""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

VALID_DAYS: Final = 3_650
BACKDATED: Final = datetime.timedelta(hours=1)
"""Clocks differ a little."""


@dataclass(frozen=True)
class CertificateFiles:
    """A certificate and its private key, in PEM."""

    certificate: bytes
    key: bytes


class CertificateAuthority:
    """Signs certificates; its own key lives in memory alone, so that nobody can sign another one later."""

    def __init__(self) -> None:
        self._key = _new_key()
        self._certificate = _signed("Tollgate local authority", self._key, None, self._key, ())
        self.pem = _pem(self._certificate)

    def issue(self, name: str, hosts: Sequence[str] = ()) -> CertificateFiles:
        """For a server under these host names and addresses, or for a client, which needs none."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        key = _new_key()
        certificate = _signed(name, key, self._certificate, self._key, hosts)
        return CertificateFiles(
            _pem(certificate), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )


def _new_key() -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _signed(
    name: str,
    key: "EllipticCurvePrivateKey",
    issuer: "Certificate | None",
    signing_key: "EllipticCurvePrivateKey",
    hosts: Sequence[str],
) -> "Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_use(signs=issuer is None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), critical=False
        )
    )
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False
        )
    return builder.sign(signing_key, hashes.SHA256())


def _use(signs: bool) -> "x509.KeyUsage":
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


def _host(host: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: "Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)
