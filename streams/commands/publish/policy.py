"""`tollgate publish review-load | tra-band | sign-tra-band`: what policy and law need besides documents."""

from pathlib import Path

import click

from streams.commands.publish.change import Author, publish_change

QUARTER = click.argument("quarter", metavar="QUARTER")
BAND = click.argument("band", type=click.Choice(["0", "100", "250", "500"]))


def _key() -> bytes:
    """The key that TRA bands are signed with. Raises `Misconfigured` without one."""
    from streams.errors import Misconfigured
    from streams.settings import Settings

    name = Settings().tra_key_file
    if not name:
        raise Misconfigured("no key for TRA bands: point TOLLGATE_TRA_KEY_FILE at a file that holds it")
    try:
        return Path(name).read_bytes().strip()
    except OSError as error:
        raise Misconfigured(f"TOLLGATE_TRA_KEY_FILE={name}: {error.strerror}") from error


@click.command("review-load")
@click.argument("waiting", type=click.IntRange(0))
@click.argument("capacity_per_hour", type=click.IntRange(0))
@click.pass_obj
def review_load(obj: Author, waiting: int, capacity_per_hour: int) -> None:
    """WAITING payments are in the review queue, of which CAPACITY_PER_HOUR are finished in an hour.

    The policy's price of a review follows the last report; run this every few minutes.
    """
    import time

    from models.messages import ReviewLoad

    publish_change(obj, ReviewLoad(waiting, capacity_per_hour, int(time.time() * 1000)))


@click.command("tra-band")
@click.argument("entity")
@QUARTER
@BAND
@click.option("--signature", help="What `sign-tra-band` printed; only where controls are not signed.")
@click.pass_obj
def tra_band(obj: Author, entity: str, quarter: str, band: str, signature: str | None) -> None:
    """ENTITY may use the risk analysis exemption in QUARTER (2026-Q4) up to BAND EUR; 0 is not at all.

    A key with the role tra signs it. Where controls are not signed, the signature of `sign-tra-band` is
    checked against the key in TOLLGATE_TRA_KEY_FILE instead, before anything is published.
    """
    import msgspec

    from models.messages import TraBand
    from models.sca import BadSignature, verify
    from streams.errors import Misconfigured

    fields = {"kind": "tra_band", "entity": entity, "quarter": quarter, "band_eur": int(band)}
    try:
        change = msgspec.convert(fields | {"signature": signature}, TraBand)
        if signature is not None or not _is_signed(obj.engine):
            verify(change, _key())
    except (BadSignature, msgspec.ValidationError, ValueError) as error:
        raise Misconfigured(f"{error}; nothing was published") from error
    publish_change(obj, change)


def _is_signed(engine: str) -> bool:
    """Whether the controls of this engine are signed."""
    from streams.control_plane import signer
    from streams.keys import keyring_of
    from streams.settings import Settings

    settings = Settings()
    keyring = keyring_of(settings)
    return keyring is not None and signer(settings.kafka(), engine, keyring) is not None


@click.command("sign-tra-band")
@click.argument("entity")
@QUARTER
@BAND
def sign_tra_band(entity: str, quarter: str, band: str) -> None:
    """Prints the signature of a band by the key in TOLLGATE_TRA_KEY_FILE. Nothing is published."""
    from models.sca import sign
    from streams.errors import Misconfigured

    try:
        click.echo(sign(entity, quarter, int(band), _key()))
    except ValueError as error:
        raise Misconfigured(str(error)) from error
