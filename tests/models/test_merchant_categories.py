import csv
from importlib.resources import files

import pytest

from models.file_formats.csv_reader import ReferenceTableError
from models.reference.merchant_categories import GROUPS, MerchantCategories, MerchantCategory, group_of

SHIPPED = files("models").joinpath("data/mcc_groups.csv").read_bytes()


def test_numbers_of_groups_never_change() -> None:
    assert {name: number for number, name in enumerate(GROUPS)} | {
        "trades": 0,
        "airline": 1,
        "travel_agency": 4,
        "digital_goods": 17,
        "cash_and_money_transfer": 21,
        "gambling": 29,
        "other": 34,
    } == {name: number for number, name in enumerate(GROUPS)}


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("0742", "trades"),
        ("3005", "airline"),
        ("4511", "airline"),
        ("3357", "car_rental"),
        ("3501", "lodging"),
        ("7011", "lodging"),
        ("4722", "travel_agency"),
        ("4829", "cash_and_money_transfer"),
        ("6051", "cash_and_money_transfer"),
        ("5411", "grocery"),
        ("5541", "fuel"),
        ("5732", "electronics"),
        ("5814", "restaurant"),
        ("5816", "digital_goods"),
        ("5944", "luxury"),
        ("5967", "dating_and_adult"),
        ("5968", "direct_marketing"),
        ("6211", "securities"),
        ("7995", "gambling"),
        ("8062", "health"),
        ("8220", "education"),
        ("9399", "government"),
        ("9999", "other"),
        ("0000", "other"),
    ],
)
def test_a_category_belongs_to_the_group_of_its_trade(code: str, group: str) -> None:
    assert group_of(code) == group


def test_the_shipped_table_has_every_category_in_words() -> None:
    table = MerchantCategories.from_bytes(SHIPPED)
    assert len(table.categories) == 981
    assert all(category.description for category in table.categories.values())
    assert {GROUPS[category.group] for category in table.categories.values()} == set(GROUPS)


def test_a_file_may_put_a_category_into_another_group() -> None:
    table = MerchantCategories.from_bytes(b"mcc,group,description\n5411,luxury,Caviar\n7995,,Betting\n")
    assert table.categories == {
        "5411": MerchantCategory(GROUPS.index("luxury"), "Caviar"),
        "7995": MerchantCategory(GROUPS.index("gambling"), "Betting"),
    }
    assert MerchantCategories.from_bytes(table.to_bytes()).categories == table.categories


def test_the_shipped_file_is_in_the_form_that_tables_are_written_in() -> None:
    assert MerchantCategories.from_bytes(SHIPPED).to_bytes() == SHIPPED
    codes = [row["mcc"] for row in csv.DictReader(SHIPPED.decode().splitlines())]
    assert codes == sorted(codes)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "line 1: no merchant category"),
        ("541,,\n", "line 2: MCC '541' is not four digits"),
        ("54x1,,\n", "line 2: MCC"),
        ("５４１１,,\n", "line 2: MCC"),
        ("5411,,\n5411,,\n", "line 3: MCC 5411 is in an earlier line"),
        ("5411,shops,\n", "line 2: group 'shops' is not one of trades, airline"),
        ("5411\n", "line 2: 1 cells"),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(rows: str, words: str) -> None:
    with pytest.raises(ReferenceTableError, match=words):
        MerchantCategories.from_bytes(("mcc,group,description\n" + rows).encode())
