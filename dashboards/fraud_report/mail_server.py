"""Handing a mail to a server, with TLS that is checked.

    smtp://host:587     STARTTLS, which the server must offer
    smtps://host:465    TLS from the first byte
    smtp+plain://host   no TLS: for a relay on the same machine alone, and never with a password

A mail is accepted by the server for everybody, or an error says why and for whom: it is not tried again here,
since a second copy of a report is worse than one that comes by the next command.
"""

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from streams.errors import Misconfigured, Outage

TIMEOUT_S: Final = 30
PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
REFUSALS: Final = (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError)
"""What trying again does not mend; so are answers of the server from `PERMANENT` on (RFC 5321, 4.2.1)."""
PERMANENT: Final = 500
LOCAL: Final = ("localhost", "127.0.0.1", "::1")


def send(mail: EmailMessage, server: str, password_file: str = "", ca_file: str = "") -> None:
    """Hands the mail over. `server`: a URL as above, with the user in it where one is needed. Raises
    `Misconfigured` for a URL that cannot be used, or where the server refuses us or a recipient for good;
    `Outage` where it does not answer, or says that it may take the mail later.
    """
    url = _checked(server, password_file)
    port = url.port or PORTS[url.scheme]
    context = _context(ca_file)
    assert url.hostname is not None
    try:
        if url.scheme == "smtps":
            with smtplib.SMTP_SSL(url.hostname, port, timeout=TIMEOUT_S, context=context) as session:
                _hand_over(session, mail, url, password_file)
            return
        with smtplib.SMTP(url.hostname, port, timeout=TIMEOUT_S) as session:
            if url.scheme == "smtp":
                session.starttls(context=context)
            _hand_over(session, mail, url, password_file)
    except REFUSALS as refusal:
        raise Misconfigured(f"the mail server {url.hostname}:{port} refuses the report: {refusal}") from None
    except smtplib.SMTPRecipientsRefused as refusal:
        raise _refused(f"{url.hostname}:{port}", refusal.recipients) from None
    except smtplib.SMTPResponseException as refusal:
        kind = Misconfigured if refusal.smtp_code >= PERMANENT else Outage
        raise kind(f"the mail server {url.hostname}:{port} refuses the report: {refusal}") from None
    except (OSError, smtplib.SMTPException) as failure:
        raise Outage(f"the mail server {url.hostname}:{port} does not answer: {failure}") from None


def check_server(server: str, password_file: str = "", ca_file: str = "") -> None:
    """Raises `Misconfigured` for what `send` could not use; asks no server."""
    url = _checked(server, password_file)
    _context(ca_file)
    if url.username:
        _password(password_file)


def _hand_over(session: smtplib.SMTP, mail: EmailMessage, url: SplitResult, password_file: str) -> None:
    if url.username:
        session.login(unquote(url.username), _password(password_file))
    if refused := session.send_message(mail):
        raise smtplib.SMTPRecipientsRefused(refused)


def _refused(server: str, answers: Mapping[str, tuple[int, bytes]]) -> Misconfigured | Outage:
    """The error for recipients that the server did not take; others may have the mail."""
    named = "; ".join(
        f"{recipient}: {code} {answer.decode(errors='replace')}"
        for recipient, (code, answer) in answers.items()
    )
    words = f"the mail server {server} refuses the report for {named}"
    is_for_good = any(code >= PERMANENT for code, _ in answers.values())
    return Misconfigured(words) if is_for_good else Outage(words)


def _context(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:  # also what is no certificate
        reason = error.strerror or error
        raise Misconfigured(f"TOLLGATE_MAIL_CA_FILE {ca_file} cannot be read: {reason}") from None


def _checked(server: str, password_file: str) -> SplitResult:
    try:
        url = urlsplit(server)
        is_known = url.scheme in PORTS and bool(url.hostname) and url.port != 0
    except ValueError:  # a port that is no number, or a bracket that is not closed
        is_known = False
    if not is_known:
        raise Misconfigured(
            "TOLLGATE_MAIL_SERVER must be smtp://host:587, smtps://host:465 or smtp+plain://localhost, with "
            "user@ where the server asks for one"
        )
    if url.password:
        raise Misconfigured("give the mail server's password in TOLLGATE_MAIL_PASSWORD_FILE, not in the URL")
    if url.username and not password_file:
        raise Misconfigured(f"the mail server's user {url.username!r} needs TOLLGATE_MAIL_PASSWORD_FILE")
    if url.scheme == "smtp+plain" and (url.username or url.hostname not in LOCAL):
        raise Misconfigured("smtp+plain is for a relay on this machine without a password: use smtp or smtps")
    return url


def _password(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"TOLLGATE_MAIL_PASSWORD_FILE {file} cannot be read: {error.strerror}") from None
