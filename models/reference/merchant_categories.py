"""What a merchant sells, from its category code (MCC, ISO 18245), in groups that matter to fraud.

A table is CSV with the columns `mcc`, `group` and `description`; where `group` is missing or empty, the group
by number range below holds. The numbers of groups are features: one may be added at the end, none ever moved.
"""

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Final, NamedTuple, Self

from models.file_formats import ReferenceTableError, one_of, records

GROUPS: Final = (
    "trades",
    "airline",
    "car_rental",
    "lodging",
    "travel_agency",
    "transport",
    "telecom",
    "utilities",
    "wholesale",
    "home",
    "general_retail",
    "grocery",
    "vehicles",
    "fuel",
    "clothing",
    "electronics",
    "restaurant",
    "digital_goods",
    "health",
    "luxury",
    "direct_marketing",
    "cash_and_money_transfer",
    "securities",
    "insurance",
    "real_estate",
    "personal_services",
    "dating_and_adult",
    "business_services",
    "leisure",
    "gambling",
    "education",
    "charity_and_membership",
    "government",
    "other_retail",
    "other",
)

_SINGLE: Final = {
    "travel_agency": "4722 4723 5962",
    "transport": "4011 4111 4112 4121 4131 4214 4215 4225 4411 4457 4468 4582 4784 4789 7523",
    "airline": "4511",
    "telecom": "4812 4813 4814 4815 4821 4899",
    "cash_and_money_transfer": "4829 6010 6011 6012 6050 6051 6532 6533 6536 6537 6538 6540",
    "luxury": "5094 5681 5932 5937 5944 5971 5972",
    "grocery": "5300 5411 5422 5441 5451 5462 5499 5921",
    "fuel": "5172 5541 5542 5983 7511",
    "electronics": "4816 5045 5065 5732 5733 5734 5735 5946",
    "digital_goods": "5815 5816 5817 5818 7372 7994",
    "health": "4119 5047 5122 5912 5975 5976 8011 8021 8031 8041 8042 8043 8044 8049 8050 8062 8071 8099",
    "clothing": "5137 5139 5948",
    "direct_marketing": "5960 5961 5963 5964 5965 5966 5968 5969",
    "dating_and_adult": "5967 7273 7297",
    "car_rental": "7512 7513 7519",
    "gambling": "7800 7801 7802 7995 9406",
    "home": "5200 5211 5231 5251 5261 5712 5713 5714 5718 5719 5722",
    "insurance": "6300 6381 6399",
    "securities": "6211",
    "real_estate": "6513",
    "lodging": "7011 7012 7032 7033",
    "government": "9211 9222 9223 9311 9399 9402 9405",
    "utilities": "4900",
    "restaurant": "5811 5812 5813 5814",
    "vehicles": "5013 7531 7534 7535 7538 7542 7549",
}
_RANGES: Final = (
    (1, 2999, "trades"),
    (3000, 3350, "airline"),
    (3351, 3500, "car_rental"),
    (3501, 3999, "lodging"),
    (4000, 4799, "transport"),
    (4800, 4899, "telecom"),
    (5000, 5199, "wholesale"),
    (5271, 5399, "general_retail"),
    (5500, 5599, "vehicles"),
    (5600, 5699, "clothing"),
    (5700, 5999, "other_retail"),
    (6000, 6999, "cash_and_money_transfer"),
    (7200, 7299, "personal_services"),
    (7300, 7499, "business_services"),
    (7600, 7699, "personal_services"),
    (7800, 7999, "leisure"),
    (8111, 8111, "business_services"),
    (8200, 8299, "education"),
    (8351, 8351, "personal_services"),
    (8398, 8699, "charity_and_membership"),
    (8700, 8999, "business_services"),
    (9000, 9499, "government"),
)
_BY_CODE: Final = {code: group for group, codes in _SINGLE.items() for code in codes.split()}
_EXAMPLE = "a header `mcc,group,description` and rows are needed"


class MerchantCategory(NamedTuple):
    """The group's number in `GROUPS`, and the category in words."""

    group: int
    description: str


class MerchantCategories:
    """Groups by category code.

    >>> table = MerchantCategories.from_bytes(b"mcc,group\\n7995,\\n5411,luxury\\n")
    >>> [GROUPS[category.group] for category in table.categories.values()]
    ['gambling', 'luxury']
    """

    def __init__(self, categories: Mapping[str, MerchantCategory]) -> None:
        """`categories`: by code of four digits."""
        self.categories = dict(categories)

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read CSV. Raises `ReferenceTableError` naming the line."""
        categories: dict[str, MerchantCategory] = {}
        for number, cells in records(blob, ("mcc",), ("group", "description", "edited_description")):
            code, group, description, edited = cells
            if not (code.isascii() and code.isdigit() and len(code) == 4):
                raise ReferenceTableError(f"line {number}: MCC {code[:20]!r} is not four digits")
            if code in categories:
                raise ReferenceTableError(f"line {number}: MCC {code} is in an earlier line already")
            group = one_of(group, GROUPS, "group", number) if group else group_of(code)
            categories[code] = MerchantCategory(GROUPS.index(group), description or edited)
        if not categories:
            raise ReferenceTableError(f"line 1: no merchant category: {_EXAMPLE}")
        return cls(categories)

    def to_bytes(self) -> bytes:
        """The table as CSV with every group filled in."""
        out = StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("mcc", "group", "description"))
        for code, category in sorted(self.categories.items()):
            writer.writerow((code, GROUPS[category.group], category.description))
        return out.getvalue().encode()


def group_of(code: str) -> str:
    """The group a category belongs to unless a table names another.

    >>> group_of("3005"), group_of("5411"), group_of("6012"), group_of("9999")
    ('airline', 'grocery', 'cash_and_money_transfer', 'other')
    """
    single = _BY_CODE.get(code)
    if single is not None:
        return single
    return next((group for first, last, group in _RANGES if first <= int(code) <= last), "other")
