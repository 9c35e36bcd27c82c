"""Handing a mail to a server, with TLS that is checked.

    smtp://host:587     STARTTLS, which the server must offer
    smtps://host:465    TLS from the first byte
    smtp+plain://host   no TLS: for a relay on the same machine alone, and never with a password

A mail is accepted by the server, or an error says why: it is not tried again here, since a second copy of a
report is worse than one that comes by the next command.
"""

import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from streams.errors import Misconfigured, Outage

TIMEOUT_S: Final = 30
PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
REFUSALS: Final = (
    smtplib.SMTPNotSupportedError,
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    ssl.SSLCertVerificationError,
)
"""What trying again does not mend."""
LOCAL: Final = ("localhost", "127.0.0.1", "::1")


def send(mail: EmailMessage, server: str, password_file: str = "", ca_file: str = "") -> None:
    """Hands the mail over. `server`: a URL as above, with the user in it where one is needed. Raises
    `Misconfigured` for a URL that cannot be used, or where the server refuses us; `Outage` where it does not
    answer.
    """
    url = _checked(server, password_file)
    port = url.port or PORTS[url.scheme]
    context = ssl.create_default_context(cafile=ca_file or None)
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
    except (OSError, smtplib.SMTPException) as failure:
        raise Outage(f"the mail server {url.hostname}:{port} does not answer: {failure}") from None


def _hand_over(session: smtplib.SMTP, mail: EmailMessage, url: SplitResult, password_file: str) -> None:
    if url.username:
        session.login(url.username, _password(password_file))
    session.send_message(mail)


def _checked(server: str, password_file: str) -> SplitResult:
    url = urlsplit(server)
    if url.scheme not in PORTS or not url.hostname:
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
