"""What a search finds: results in groups, each with where it leads."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from dashboards.console.pages import Page
from dashboards.console.parts import ConsoleParts
from dashboards.console.warehouse import NoMerchantAccount
from desk.accounts import Action, Person

LENGTH_MIN: Final = 3
"""Of a text that the warehouse is asked for."""
LENGTH_MAX: Final = 200
DAYS: Final = timedelta(days=7)
"""How far back merchants and last fours are looked for."""
LAST: Final = 4
TOKEN_ROWS_MAX: Final = 20_000
"""Rows that `search/tokens` looks at: where there were as many, there may be more payments than it counts."""
ENTITIES: Final = {
    "payment": "Payment", "card": "Card", "customer": "Customer", "device": "Device", "ip": "Network",
    "email": "E-mail", "delivery_address": "Delivery address",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One result. `icon` is of `design`, `is_exact` says that the text was all of it."""

    group: str
    name: str
    note: str
    address: str
    icon: str
    is_exact: bool = False


def findings(parts: ConsoleParts, shown: Iterable[Page], person: Person, typed: str) -> list[Finding]:
    """What a text leads to, the likeliest group first. Raises what the warehouse raises."""
    text = typed.strip()[:LENGTH_MAX]
    found = list(_pages(shown, person, text))
    if len(text) >= LENGTH_MIN:
        with suppress(NoMerchantAccount):  # they find pages alone
            found += _in_warehouse(parts, person, text)
    return found


def _pages(shown: Iterable[Page], person: Person, text: str) -> Iterator[Finding]:
    for page in shown:
        if text and person.may(page.action) and text.lower() in page.title.lower():
            yield Finding("Pages", page.title, f"g {page.key}", page.path, page.room)


def _in_warehouse(parts: ConsoleParts, person: Person, text: str) -> list[Finding]:
    if not person.may(Action.SEE_PAYMENTS):
        return []
    return [*_tokens(parts, person, text), *_merchants(parts, person, text), *_rules(parts, person, text)]


def _tokens(parts: ConsoleParts, person: Person, text: str) -> Iterator[Finding]:
    sees_tokens = person.may(Action.SEE_TOKENS)
    asked = {"engine": parts.engine, "text": text, "with_tokens": int(sees_tokens)}
    rows = list(parts.warehouse.rows("search/tokens", asked, person.accounts))
    if len(text) == LAST and sees_tokens:
        since = {"engine": parts.engine, "text": text, "since": parts.now() - DAYS}
        rows += parts.warehouse.rows("search/last_four", since, person.accounts)
    for row in rows:
        yield _payment(row, text) if row["entity"] == "payment" else _token(row, text)


def _payment(row: dict[str, Any], text: str) -> Finding:
    address = payment_address(row["account"], row["token"])
    return Finding("Payments", row["token"], row["account"], address, "payments", row["token"] == text)


def _token(row: dict[str, Any], text: str) -> Finding:
    """A token leads to the last payment it was seen in, which shows the others."""
    count, entity = row["payments"], row["entity"]
    least = "at least " if row.get("rows_read", 0) >= TOKEN_ROWS_MAX else ""
    note = f"{ENTITIES.get(entity, entity)}, {least}{count:,} payment{'' if count == 1 else 's'}"
    address = payment_address(row["last_account"], row["last_payment"])
    return Finding("Cards, customers, devices", row["token"], note, address, "link", row["token"] == text)


def _merchants(parts: ConsoleParts, person: Person, text: str) -> Iterator[Finding]:
    asked = {"engine": parts.engine, "text": text, "since": parts.now() - DAYS}
    for row in parts.warehouse.rows("search/merchants", asked, person.accounts):
        note = f"{row['decisions']:,} decisions in 7 days"
        address = f"/payments?{urlencode({'merchant': row['merchant_id'], 'within': '7d'})}"
        yield Finding("Merchants", row["merchant_id"], note, address, "account")


def _rules(parts: ConsoleParts, person: Person, text: str) -> Iterator[Finding]:
    asked = {"engine": parts.engine, "text": text, "with_lines": text.replace(" ", "_")}
    for row in parts.warehouse.rows("search/rules", asked, person.accounts):
        address = f"/rules?{urlencode({'rule': row['rule']})}#{quote('rule-' + row['rule'])}"
        yield Finding("Rules", row["rule"], "in effect", address, "rules")


def payment_address(account: str, payment_id: str) -> str:
    """Where a payment's page is.

    >>> payment_address("acme", "order/1?x")
    '/payments/payment?account=acme&id=order%2F1%3Fx'
    """
    return f"/payments/payment?{urlencode({'account': account, 'id': payment_id})}"
