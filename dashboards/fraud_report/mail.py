"""A fraud report as one e-mail: plain text, the page, and its pictures as parts of it.

Pictures are attached and named by content id (RFC 2392), since mail programs fetch nothing from elsewhere and
most show no data addresses. The message is complete: it can be sent by any mail server, or kept as a file.
"""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from dashboards.fraud_report.page import headline, html, text
from dashboards.fraud_report.pictures import pictures
from models.fraud_figures import FraudReport
from models.meters import Programmes


def message(
    report: FraudReport, programmes: Programmes, sender: str, recipients: Sequence[str], sent_at: datetime
) -> EmailMessage:
    """The mail. Raises ValueError for an address that is none."""
    images = pictures(report)
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject(report)
    mail["From"] = address(sender)
    mail["To"] = [address(recipient) for recipient in recipients]
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = f"<fraud-report-{report.engine}-{report.day}@tollgate.invalid>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday replies
    mail.set_content(text(report, programmes))
    mail.add_alternative(html(report, programmes, images, lambda name: f"cid:{_cid(name)}"), subtype="html")
    *_, page = mail.iter_parts()
    assert isinstance(page, EmailMessage)
    for name, png in images.items():
        page.add_related(
            png, maintype="image", subtype="png", cid=f"<{_cid(name)}>", filename=f"{name}.png",
            disposition="inline",
        )  # fmt: skip
    return mail


def subject(report: FraudReport) -> str:
    """The subject: what somebody reads who opens nothing."""
    figures = headline(report)
    reached = figures["meters reached"]
    alarms = "" if reached == "0" else f", {reached} {'meter' if reached == '1' else 'meters'} reached"
    return (
        f"Fraud report {report.day}, {report.engine}: {figures['payments']} payments, "
        f"{figures['declined']} declined{alarms}"
    )


def address(words: str) -> Address:
    """An address such as `Fraud team <fraud@example.com>`. Raises ValueError."""
    name, plain = parseaddr(words)
    user, _, domain = plain.rpartition("@")
    if not user or not domain or any(character in words for character in "\r\n"):
        raise ValueError(f"{words!r} is not an e-mail address: expected name@example.com")
    return Address(name, user, domain)


def _cid(name: str) -> str:
    return f"{name}@tollgate.invalid"
