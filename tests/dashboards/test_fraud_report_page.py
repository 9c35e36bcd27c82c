"""The report as a page, as text and as a mail: whole, safe, and of the same figures."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from msgspec import structs

from dashboards.fraud_report import address, data_address, html, message, pictures, subject, text
from dashboards.fraud_report.page import METERS_MAX
from dashboards.fraud_report.wording import gain, money, nearness_bp
from models.fraud_figures import FraudReport
from models.meters import SHIPPED, MeterCondition
from tests.dashboards.report_scene import empty_report, report

PNG = b"\x89PNG\r\n\x1a\n"
VOID = {"meta", "br", "img"}


class Page(HTMLParser):
    """Tags that are opened and closed, what is fetched, and the words."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.words = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def page(made: FraudReport) -> Page:
    images = pictures(made)
    return Page(html(made, SHIPPED, images, data_address(images)))


@pytest.mark.parametrize("made", [report, empty_report], ids=["full", "empty"])
def test_a_page_is_well_formed_runs_nothing_and_fetches_nothing(made) -> None:  # type: ignore[no-untyped-def]
    shown = page(made())
    assert not shown.open
    assert not shown.tags & {"script", "link", "iframe", "style", "svg"}
    assert all(each.startswith("data:image/png;base64,") for each in shown.addresses)
    assert f"Fraud report of {made().day}" in shown.words


def test_what_others_wrote_is_text_on_the_page() -> None:
    """Notes, rule ids and merchants come from elsewhere."""
    source = html(report(), SHIPPED, {}, str)
    assert "<script>note" not in source
    assert "&lt;script&gt;note" in source
    assert "Acme &amp; Sons" in source


def test_the_page_shows_every_figure_that_counts() -> None:
    made, words = report(), page(report()).words
    for row in made.verdicts.by_verdict:
        assert money(row.reference_amount) in words
    for line in made.value.realised_reference.lines:
        assert gain(line.net.get("EUR", 0)) in words
    assert gain(made.value.realised_reference.total["EUR"]) in words
    for currency, amount in made.value.realised.total.items():
        assert gain(amount, currency) in words
    for rule in made.rules:
        assert rule.rule in words
    nearest = sorted(made.meters, key=nearness_bp)[-METERS_MAX:]
    assert all(reading.subject in words for reading in nearest)
    assert made.exemption[0].quarter in words
    assert "fact sheet" in words, "the source of a programme"


def test_pictures_are_png_and_the_same_for_the_same_report() -> None:
    images = pictures(report())
    assert {"verdicts", "ages", "money", "calibration"} <= images.keys()
    assert all(png.startswith(PNG) for png in images.values())
    assert pictures(report()) == images
    assert pictures(empty_report()) == {}


def test_what_others_wrote_is_no_formula_in_a_picture() -> None:
    """Merchants' ids are any text: dollar signs in one must not stop the report."""
    reading = report().meters[0]
    near = structs.replace(reading, subject="shop $\\frac$", projected=(MeterCondition("events", 9, 10),))
    made = structs.replace(report(), meters=(near,))
    assert pictures(made)["meters"].startswith(PNG)


def test_plain_text_says_the_same_in_short() -> None:
    words = text(report(), SHIPPED)
    for line in report().value.realised_reference.lines:
        assert gain(line.net.get("EUR", 0)) in words
    assert "<" not in words.replace("<script>note</script>", "")
    assert max(map(len, words.splitlines())) < 400


def test_a_mail_holds_text_page_and_the_pictures_that_the_page_names() -> None:
    made = message(report(), SHIPPED, "Tollgate <t@example.com>", ["a@example.com", "b@example.com"],
                   datetime(2026, 6, 26, 5, tzinfo=UTC))  # fmt: skip
    read = message_from_bytes(made.as_bytes(), policy=policy.default)
    assert isinstance(read, EmailMessage)
    assert read["Subject"] == subject(report())
    assert read["To"].addresses[1].addr_spec == "b@example.com"
    assert read["Message-ID"] == f"<fraud-report-live-{report().day}@tollgate.invalid>"
    kinds = [part.get_content_type() for part in read.walk()]
    assert kinds[:4] == ["multipart/alternative", "text/plain", "multipart/related", "text/html"]
    assert set(kinds[4:]) == {"image/png"}
    shown = Page(read.get_body(("html",)).get_content())  # type: ignore[union-attr]
    attached = {
        str(part["Content-ID"]).strip("<>"): part.get_content() for part in read.walk() if part["Content-ID"]
    }
    assert {each.removeprefix("cid:") for each in shown.addresses} == attached.keys()
    assert list(attached.values()) == list(pictures(report()).values())
    assert "VERDICTS" in read.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert all(len(line) <= 998 for line in made.as_bytes().split(b"\r\n")), "RFC 5322"


def test_the_subject_names_meters_only_where_one_is_reached() -> None:
    assert re.fullmatch(
        r"Fraud report [\d-]{10}, live: [\d,]+ payments, [\d.]+ % declined", subject(report())
    )


@pytest.mark.parametrize(
    ("reached", "words"),
    [
        ([("vamp", "FR", "a")], ", 1 meter reached"),
        ([("vamp", "FR", "a"), ("vamp", "FR", "a")], ", 1 meter reached"),
        ([("vamp", "FR", "a"), ("vamp", "DE", "a")], ", 2 meters reached"),
        ([("vamp", "FR", "a"), ("vamp", None, "a")], ", 2 meters reached"),
        ([("ecp", "FR", "1a"), ("ecp1", "FR", "a")], ", 2 meters reached"),
    ],
)
def test_meters_are_counted_by_programme_country_and_subject(
    reached: list[tuple[str, str | None, str]], words: str
) -> None:
    one = structs.replace(report().meters[0], conditions=(MeterCondition("events", 9, 1),))
    made = tuple(
        structs.replace(one, programme=programme, country=country, subject=name)
        for programme, country, name in reached
    )
    assert subject(structs.replace(report(), meters=made)).endswith(f"declined{words}")


@pytest.mark.parametrize("words", ["", "nobody", "a@", "@b", "a@b.c\r\nBcc: x@y.z"])
def test_what_is_no_address_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="is not an e-mail address"):
        address(words)
