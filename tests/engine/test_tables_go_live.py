"""Reference tables act from their place in the log on, also after a snapshot."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from features.catalogue import CATALOGUE
from models.messages.codec import encode
from models.messages.control import Control, TableChange
from models.messages.dead_letter import DeadLetterReason
from models.messages.decision import Decision
from models.messages.payment import Method, MethodKind
from models.reference.tables import REFERENCE_TABLES
from streams.control_plane.artefacts import ArtefactStore
from streams.engine.core import Core
from streams.engine.decision.context import Context
from streams.engine.result import BatchResult
from tests.engine.engine_log import NOW, batch_of, record

Publish = Callable[[str, bytes], bytes]


@pytest.fixture
def publish(artefacts: ArtefactStore) -> Publish:
    """A table of the given CSV as a record of the log."""

    def control(name: str, csv: bytes) -> bytes:
        sha256 = artefacts.stage(REFERENCE_TABLES[name].prepare(csv))
        return encode(Control(f"{name}-{sha256[:8]}", NOW, "me", TableChange(name, sha256)))

    return control


def applied(core: Core, records: list[bytes]) -> BatchResult:
    return core.apply(batch_of(records))


def decisions(result: BatchResult) -> list[Decision]:
    return [msgspec.json.decode(answer.body, type=Decision) for answer in result.answers]


def values(result: BatchResult, feature: str) -> list[float]:
    column = CATALOGUE.names.index(feature)
    return [float(value) for block in result.vectors for value in block.matrix[:, column]]


def test_a_currency_can_be_paid_with_from_where_its_table_stands(
    make_core: Callable[[], Core], publish: Publish
) -> None:
    tables = [
        publish("fx", b"Date,XNL,JPY\n2024-01-01,4,100\n"),
        publish("currencies", b"AlphabeticCode,MinorUnit\nEUR,2\nXNL,3\nJPY,2\n"),
    ]
    paid = [record("a", currency="XNL", amount=4_000), record("b", currency="JPY", amount=100)]
    later = [record("c", currency="XNL", amount=4_000), record("d", currency="JPY", amount=10_000)]
    for order in (tables, tables[::-1]):
        result = applied(make_core(), [*paid, *order, *later])
        assert [letter.reason for _, letter in result.dead_letters] == [DeadLetterReason.UNKNOWN_CURRENCY]
        assert [decision.reference_amount for decision in decisions(result)][1:] == [100, 100]


def test_a_snapshot_keeps_how_minor_units_are_counted(
    make_core: Callable[[], Core], publish: Publish, artefacts: ArtefactStore
) -> None:
    core = make_core()
    tables = {"fx": b"Date,XNL\n2024-01-01,4\n", "currencies": b"AlphabeticCode,MinorUnit\nEUR,2\nXNL,3\n"}
    applied(core, [publish(name, csv) for name, csv in tables.items()])
    again = Context.restored(CATALOGUE, artefacts.load, core.context.document())
    assert again.tables["fx"].convert(4_000, "XNL", NOW) == 100
    assert again.currencies.exponents == {"EUR": 2, "XNL": 3}


def test_what_a_bin_and_a_merchant_category_mean_counts_from_there_on(
    make_core: Callable[[], Core], publish: Publish
) -> None:
    card = Method(MethodKind.CARD, "tok_1", "52000099", "DE")
    log = [
        record("a", method=card),
        publish("bins", b"bin,type,prepaid\n520000,debit,yes\n"),
        publish("mccs", b"mcc,group\n5411,luxury\n"),
        record("b", method=card),
        publish("bins", b"bin,type,prepaid\n520000,debit,yes\n52000099,credit,no\n"),
        record("c", method=card),
    ]
    result = applied(make_core(), log)
    assert np.array_equal(values(result, "bin_is_prepaid"), [np.nan, 1, 0], equal_nan=True)
    assert np.array_equal(values(result, "merchant_group"), [np.nan, 19, 19], equal_nan=True)


def test_an_ipv6_address_has_a_country_from_there_on(make_core: Callable[[], Core], publish: Publish) -> None:
    six = "2001:db8:7::1"
    table = publish("ip_countries", b"network,country\n192.0.2.0/24,FR\n2001:db8::/32,DE\n")
    result = applied(make_core(), [record("a", ip=six), table, record("b", ip=six)])
    same = values(result, "ip_country_is_merchant_country")
    assert np.array_equal(same, [np.nan, 1], equal_nan=True)
    assert values(result, "ip_is_v6") == [1, 1]


def test_a_table_that_is_damaged_is_refused_and_the_former_one_stays(
    make_core: Callable[[], Core], publish: Publish, artefacts: ArtefactStore
) -> None:
    broken = encode(Control("x", NOW, "me", TableChange("bins", artefacts.stage(b"junk"))))
    core = make_core()
    result = applied(core, [publish("bins", b"bin,type\n520000,debit\n"), broken, record("a")])
    assert [letter.reason for _, letter in result.dead_letters] == [DeadLetterReason.INVALID_CONTROL]
    assert values(result, "bin_is_debit") == [1]
