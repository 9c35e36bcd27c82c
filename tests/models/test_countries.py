from importlib.resources import files

import pytest

from models.file_formats.csv_reader import ReferenceTableError
from models.reference.countries import Countries, Country

SHIPPED = Countries.from_bytes(files("models").joinpath("data/countries.csv").read_bytes())
HEADER = "country,latitude,longitude,currencies\n"


@pytest.mark.parametrize(
    ("code", "latitude", "longitude", "currency"),
    [
        ("DE", 51, 10, "EUR"),
        ("US", 39, -98, "USD"),
        ("BR", -10, -53, "BRL"),
        ("JP", 36, 138, "JPY"),
        ("AU", -25, 134, "AUD"),
        ("ZA", -29, 25, "ZAR"),
        ("TN", 34, 9, "TND"),
        ("GB", 54, -2, "GBP"),
    ],
)
def test_shipped_countries_lie_where_they_are(
    code: str, latitude: float, longitude: float, currency: str
) -> None:
    country = SHIPPED.by_code[code]
    assert abs(country.latitude - latitude) < 3
    assert abs(country.longitude - longitude) < 3
    assert country.currencies[0] == currency


def test_every_iso_country_and_kosovo_is_shipped() -> None:
    assert len(SHIPPED.by_code) == 250
    without = {code for code, country in SHIPPED.by_code.items() if not country.currencies}
    assert without == {"AQ", "GS"}


def test_no_two_countries_share_a_place() -> None:
    places = [country[:2] for country in SHIPPED.by_code.values()]
    assert len(set(places)) == len(places)


def test_a_country_may_have_two_currencies_or_none() -> None:
    table = Countries.from_bytes((HEADER + "PA,9,-80,PAB USD\nAQ,-90,0,\n").encode())
    assert table.by_code == {"PA": Country(9, -80, ("PAB", "USD")), "AQ": Country(-90, 0, ())}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "line 1: no country"),
        ("DEU,51,9,EUR\n", "line 2: 'DEU' is not a country code"),
        ("DE,51,9,EUR\nDE,51,9,EUR\n", "line 3: country DE is in an earlier line"),
        ("DE,north,9,EUR\n", "line 2: latitude 'north' is not a number"),
        ("DE,90.1,9,EUR\n", "line 2: latitude 90.1 is outside -90 .. 90"),
        ("DE,51,-180.5,EUR\n", "line 2: longitude -180.5 is outside"),
        ("DE,nan,9,EUR\n", "line 2: latitude nan is outside"),
        ("DE,51,inf,EUR\n", "line 2: longitude inf is outside"),
        ("DE,51,9,Euro\n", "line 2: currencies 'Euro'"),
        ("DE,51,9,EUR USD GBP\n", "line 2: currencies"),
        ("DE,51,9\n", "line 2: 3 cells"),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(rows: str, words: str) -> None:
    with pytest.raises(ReferenceTableError, match=words):
        Countries.from_bytes((HEADER + rows).encode())
