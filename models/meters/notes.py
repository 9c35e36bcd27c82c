"""What must be known to read the meters: what they could not count."""

from collections.abc import Iterator, Sequence

from models.meters.activity import CardActivity
from models.meters.reading import MeterReading


def meter_notes(activity: CardActivity, readings: Sequence[MeterReading]) -> Iterator[str]:
    """One sentence for each thing that is missing in the readings of this activity."""
    if readings and not activity.settled.payments.any():
        yield (
            "No captured card payment is known: scheme meters have no payments to divide by, so that any "
            "event reaches a rate. Send outcomes of payments to the engine."
        )
    if missing := activity.without_scheme:
        yield f"{missing:,} settled card payments have no BIN of a known scheme: no meter counts them."
    if missing := activity.without_country:
        yield f"{missing:,} fraud notices and disputes are of merchants without a country: no meter has them."
    if missing := _unconverted(readings):
        yield (
            f"{missing:,} fraud notices and disputes are in a currency without an exchange rate: their "
            "amounts are in no meter's sum. Publish a table of exchange rates that has it."
        )


def _unconverted(readings: Sequence[MeterReading]) -> int:
    """Events of the month without a rate; those of a subject once, however many levels ask for amounts."""
    most: dict[tuple[str, str, str | None], int] = {}
    for each in readings:
        subject = each.programme, each.subject, each.country
        most[subject] = max(most.get(subject, 0), each.unconverted)
    return sum(most.values())
