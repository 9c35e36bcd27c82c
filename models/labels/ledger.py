"""The label agent's ledger: one record for each change of a payment's dossier, under the payment's key."""

import msgspec

from models.labels.dossier import Dossier, evidence_key

_decode = msgspec.json.Decoder(Dossier).decode


class ForeignEntry(ValueError):  # noqa: N818 - the record's fault, not an error of ours
    """The record is none that a label agent writes."""


def ledger_entry(key: bytes | None, value: bytes | None) -> tuple[str, Dossier | None]:
    """A payment and its dossier, None where that was closed. Raises `ForeignEntry`."""
    try:
        payment = (key or b"").decode()
        dossier = None if value is None else _decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ForeignEntry(str(error)) from None
    if not payment or (dossier is not None and evidence_key(dossier) != payment):
        raise ForeignEntry("its key is not the dossier's payment")
    return payment, dossier
