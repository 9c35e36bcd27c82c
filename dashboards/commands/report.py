"""`tollgate report`: the daily fraud report, as a page and as a mail."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from models.units import DAY_MS

if TYPE_CHECKING:
    from dashboards.report_rows import ReportSource
    from models.fraud_figures import FraudReport
    from streams.settings import Settings


@click.command("report")
@click.option("--engine", default="live", show_default=True, help="Name of the engine.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Which day (UTC).  [default: yesterday]")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder.  [default: HOME/reports/ENGINE]"
)
@click.option(
    "--maturity-days", type=click.IntRange(1, 3_650), default=120, show_default=True,
    help="Age at which a payment is booked, by the label that stands then.",
)  # fmt: skip
@click.option("--send", is_flag=True, help="Mail it to TOLLGATE_REPORT_TO by TOLLGATE_MAIL_SERVER.")
@click.option("--schedule", is_flag=True, help="Every day at TOLLGATE_REPORT_AT (UTC), until SIGTERM.")
@click.option("--from-log", is_flag=True, help="Read the topics alone, as far back as they go.")
@click.option("--json", "as_json", is_flag=True, help="All figures as one JSON object, too: DAY.json.")
def command(
    *, engine: str, day: datetime | None, out: Path | None, maturity_days: int, send: bool, schedule: bool,
    from_log: bool,     as_json: bool,
) -> None:  # fmt: skip
    """Verdicts, fraud rate by age, what rules, model and policy earned or cost, rules by precision, health of
    the model, scheme meters.

    \b
    tollgate report
    tollgate report --day 2026-06-30 --json
    tollgate report --schedule --send

    Writes DAY.html, a page that needs nothing else, and DAY.eml, the same as a mail that any mail program
    opens and any server sends. With cron: `0 5 * * * tollgate report --send`. See docs/reports.md.
    """
    from dashboards.report_rows import read_programmes, report_source
    from streams.process import configure_logging, stop_flag
    from streams.settings import Settings

    if schedule and day is not None:
        raise click.UsageError("--day is for one report: a schedule takes each day's own")
    if day is not None and day.date() > _yesterday():
        raise click.UsageError(f"--day {day:%Y-%m-%d} is not over (UTC): a report is of a day that is")
    settings = Settings()
    _check_mail(settings, needed=send)
    programmes = read_programmes(settings.report_programmes)
    folder = out or settings.home / "reports" / engine

    def run(chosen: date) -> None:
        source = report_source(settings, engine, programmes, from_log=from_log)
        made = source.report((chosen - date(1970, 1, 1)).days, maturity_days)
        click.echo("\n".join(write_report(made, source, folder, settings, send=send, as_json=as_json)))

    if not schedule:
        run(_yesterday() if day is None else day.date())
        return
    from learning.retraining import daily, keep_running

    configure_logging()
    keep_running(lambda: run(_yesterday()), daily(settings.report_at), stop_flag())


def write_report(
    made: "FraudReport",
    source: "ReportSource",
    folder: Path,
    settings: "Settings",
    *,
    send: bool = False,
    as_json: bool = False,
) -> list[str]:
    """Writes page and mail, and sends the mail where asked to; what was done, in words. Raises
    `Misconfigured` where it cannot be sent.
    """
    import msgspec

    from dashboards.fraud_report import data_address, html, message, pictures, subject
    from dashboards.fraud_report import send as mail_to
    from storage import write_atomically

    images = pictures(made)
    page = html(made, source.programmes, images, data_address(images))
    sender, recipients = _addresses(settings, needed=send)
    mail = message(made, source.programmes, sender, recipients, datetime.now(UTC))
    files = {"html": page.encode(), "eml": mail.as_bytes()}
    if as_json:
        files["json"] = msgspec.json.format(msgspec.json.encode(made), indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    for ending, content in files.items():
        write_atomically(folder / f"{made.day}.{ending}", content)
    done = [subject(made), *(str(folder / f"{made.day}.{ending}") for ending in files)]
    if send:
        mail_to(mail, settings.mail_server, settings.mail_password_file, settings.mail_ca_file)
        done.append(f"mailed to {', '.join(recipients)}")
    return done


NOBODY = "report@tollgate.invalid"
"""In a mail that is only written: whoever sends it puts an address of their own there."""


def _check_mail(settings: "Settings", *, needed: bool) -> None:
    """Before anything is read: a schedule would say each day, after its run, what is wrong from the start."""
    from dashboards.fraud_report import check_server

    _addresses(settings, needed=needed)
    if needed:
        check_server(settings.mail_server, settings.mail_password_file, settings.mail_ca_file)


def _addresses(settings: "Settings", *, needed: bool) -> tuple[str, list[str]]:
    from dashboards.fraud_report import address
    from streams.errors import Misconfigured

    recipients = [each.strip() for each in settings.report_to.split(",") if each.strip()]
    if needed and not (settings.mail_server and settings.report_from and recipients):
        raise Misconfigured(
            "to mail the report, set TOLLGATE_MAIL_SERVER, TOLLGATE_REPORT_FROM and TOLLGATE_REPORT_TO"
        )
    try:
        for each in (settings.report_from or NOBODY, *recipients):
            address(each)
    except ValueError as error:
        raise Misconfigured(f"TOLLGATE_REPORT_FROM, TOLLGATE_REPORT_TO: {error}") from None
    return settings.report_from or NOBODY, recipients or [NOBODY]


def _yesterday() -> date:
    return (datetime.now(UTC) - timedelta(milliseconds=DAY_MS)).date()
