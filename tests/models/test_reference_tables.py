"""What may be published is what the engine reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.file_formats.csv_reader import ReferenceTableError
from models.reference.tables import REFERENCE_TABLES
from models.seed import seed_tables
from streams.commands.publish.group import TABLES as PUBLISHED
from streams.engine.decision.context import TABLES

FILES = {
    "bins": b"bin,type,country\n411111,debit,DE\n",
    "countries": b"country,latitude,longitude,currencies\nDE,51,9,EUR\n",
    "currencies": b"AlphabeticCode,MinorUnit\nEUR,2\n",
    "fx": b"Date,USD\n2024-01-01,1.1\n",
    "ip_countries": b"network,country\n192.0.2.0/24,DE\n2001:db8::/32,FR\n",
    "mccs": b"mcc\n5411\n",
}
names = pytest.mark.parametrize("name", sorted(REFERENCE_TABLES))


def test_engine_and_command_know_the_same_tables() -> None:
    assert set(PUBLISHED) == set(TABLES) == set(REFERENCE_TABLES) == set(FILES)


@names
def test_a_prepared_file_loads_and_prepares_to_itself(name: str) -> None:
    table = REFERENCE_TABLES[name]
    artefact = table.prepare(FILES[name])
    assert type(table.load(artefact)) is type(TABLES[name](artefact))
    assert table.prepare(artefact) == artefact


@names
@pytest.mark.parametrize("blob", [b"", b"junk", b"\x00\xff", b"a,b\n1,2\n", b"\xff\xfea\x00", b"<a/>"])
def test_what_is_no_table_is_neither_prepared_nor_loaded(name: str, blob: bytes) -> None:
    with pytest.raises(ReferenceTableError):
        REFERENCE_TABLES[name].prepare(blob)
    with pytest.raises(ReferenceTableError):
        REFERENCE_TABLES[name].load(blob)


@names
@given(st.data())
def test_a_damaged_file_is_refused_or_loads(name: str, data: st.DataObject) -> None:
    text = bytearray(FILES[name])
    for at, byte in data.draw(
        st.lists(st.tuples(st.integers(0, len(text) - 1), st.integers(0, 255)), max_size=4)
    ):
        text[at] = byte
    try:
        artefact = REFERENCE_TABLES[name].prepare(bytes(text))
    except ReferenceTableError:
        return
    TABLES[name](artefact)


@pytest.mark.parametrize("name", sorted(seed_tables()))
def test_the_seed_can_be_loaded_and_published_again(name: str) -> None:
    blob = seed_tables()[name]
    TABLES[name](blob)
    assert REFERENCE_TABLES[name].prepare(blob) == blob


def test_bins_are_not_shipped() -> None:
    assert set(REFERENCE_TABLES) - set(seed_tables()) == {"bins"}
