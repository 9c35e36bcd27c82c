"""Every example of evidence that cannot be used is refused for the reason its folder names."""

from pathlib import Path

import jsonschema
import msgspec
import pytest

from models.labels.dossier import UnusableEvidence, UnusableReason, check, with_evidence
from streams.agents.evidence_reading import read_evidence
from streams.contracts.schemas import EVIDENCE_KINDS, schema

EXAMPLES = Path(__file__).parents[2] / "examples"
UNUSABLE = sorted((EXAMPLES / "unusable").glob("*/*.json"))
USABLE = sorted(path for kind in EVIDENCE_KINDS for path in (EXAMPLES / kind).glob("*.json"))
NOW = 1_800_000_000_000
OF_SEVERAL = {UnusableReason.CURRENCY_DIFFERS, UnusableReason.TOO_MUCH_EVIDENCE, UnusableReason.IN_THE_FUTURE}
"""What one message alone, at any time, does not show."""


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def _refusal(value: bytes) -> UnusableReason | None:
    try:
        message = read_evidence(value)
        if message is not None:
            check(message, NOW)
    except UnusableEvidence as why:
        return why.reason
    return None


@pytest.mark.parametrize("path", UNUSABLE, ids=_name)
def test_unusable_example_is_refused_for_the_reason_its_folder_names(path: Path) -> None:
    assert _refusal(path.read_bytes()) == UnusableReason(path.parent.name)


@pytest.mark.parametrize("path", USABLE, ids=_name)
def test_usable_example_is_not_refused(path: Path) -> None:
    assert _refusal(path.read_bytes()) is None


def test_every_reason_that_one_message_can_show_has_an_example() -> None:
    assert {UnusableReason(path.parent.name) for path in UNUSABLE} == set(UnusableReason) - OF_SEVERAL


@pytest.mark.parametrize("path", [p for p in UNUSABLE if p.parent.name == "invalid_field"], ids=_name)
def test_invalid_field_is_refused_by_the_schemas_too(path: Path) -> None:
    document = msgspec.json.decode(path.read_bytes())
    assert not any(
        jsonschema.Draft202012Validator(schema(kind)).is_valid(document) for kind in EVIDENCE_KINDS
    )


def test_evidence_in_another_currency_than_the_dossiers_is_refused() -> None:
    first = read_evidence((EXAMPLES / "dispute/chargeback_card_absent_fraud.json").read_bytes())
    assert first is not None
    with pytest.raises(
        UnusableEvidence, match="currency USD where earlier evidence on this payment says EUR"
    ):
        with_evidence(with_evidence(None, first, NOW), msgspec.structs.replace(first, currency="USD"), NOW)
