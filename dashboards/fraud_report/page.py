"""A fraud report as a page and as plain text. What it says comes as data; nothing is computed here.

The page is made for mail programs as well: tables for its layout, styles in the elements, no scripts, nothing
fetched from elsewhere. Its pictures come by whatever address the caller gives them: data in a file, the id of
an attachment in a mail.
"""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from dashboards.fraud_report import wording
from models.fraud_figures import FraudReport
from models.meters import MeterReading, Programmes

FOLDER: Final = Path(__file__).parent
METERS_MAX: Final = 12
"""Levels of meters on a page: those nearest to being reached. All are in the JSON."""
RULES_MAX: Final = 40
"""Rules on a page: the dearest and the most earning half each."""

Addresses = Callable[[str], str]


def data_address(pictures: Mapping[str, bytes]) -> Addresses:
    """Pictures inside the page itself."""
    return lambda name: f"data:image/png;base64,{base64.b64encode(pictures[name]).decode()}"


def html(
    report: FraudReport, programmes: Programmes, pictures: Mapping[str, bytes], address: Addresses
) -> str:
    """The page. `address`: where it finds a picture by name."""
    return _rendered("page.html.j2", report, programmes, pictures, address, escape=True)


def text(report: FraudReport, programmes: Programmes) -> str:
    """The same in plain text, shorter."""
    return _rendered("page.txt.j2", report, programmes, {}, str, escape=False)


def _rendered(
    template: str,
    report: FraudReport,
    programmes: Programmes,
    pictures: Mapping[str, bytes],
    address: Addresses,
    *,
    escape: bool,
) -> str:
    import jinja2

    environment = jinja2.Environment(
        autoescape=escape, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
        loader=jinja2.FileSystemLoader(FOLDER),
    )  # fmt: skip
    environment.filters |= {
        "money": wording.money, "gain": wording.gain, "gains": wording.gains, "percent": wording.percent,
        "share": wording.share, "count": wording.count, "figure": wording.figure,
        "condition": wording.condition, "subject": wording.subject,
    }  # fmt: skip
    meters = sorted(report.meters, key=lambda each: -wording.nearness_bp(each))
    rules = report.rules
    if len(rules) > RULES_MAX:
        rules = (*rules[: RULES_MAX // 2], *rules[-RULES_MAX // 2 :])
    sources = {each.id: each for each in programmes.programmes if each.id in {m.programme for m in meters}}
    rendered: str = environment.get_template(template).render(
        report=report, pictures=pictures, address=address, ages=wording.ages,
        status_words=wording.STATUS_WORDS,
        meters=meters[:METERS_MAX], meters_more=max(0, len(meters) - METERS_MAX), rules=rules,
        rules_more=len(report.rules) - len(rules), sources=sources.values(), headline=headline(report),
    )  # fmt: skip
    return rendered


def headline(report: FraudReport) -> dict[str, str]:
    """The few figures that stand first, and in the subject of a mail."""
    declined = next((each for each in report.verdicts.by_verdict if each.name == "decline"), None)
    value = report.value
    net = sum(value.realised_reference.total.values()) + sum(value.estimated_reference.total.values())
    reached = {_meter(each) for each in report.meters if each.reached}
    heading = {_meter(each) for each in report.meters if each.status == "heading"}
    return {
        "payments": wording.count(report.verdicts.payments),
        "declined": wording.percent(declined.share_bp if declined else None),
        "earned in 28 days": wording.gain(net),
        "meters reached": str(len(reached)),
        "meters that will be": str(len(heading - reached)),
    }


def _meter(reading: MeterReading) -> tuple[str, str | None, str]:
    """What is counted once, however many levels it has: a subject in two countries is two."""
    return reading.programme, reading.country, reading.subject
