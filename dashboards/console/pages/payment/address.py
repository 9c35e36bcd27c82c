"""Where the page of a payment is. Ids are others' texts, so they stand in the query, never in the path."""

from urllib.parse import urlencode


def payment_address(account: str, payment_id: str, part: str = "") -> str:
    """The address of a payment's page, or of a part of it.

    >>> payment_address("acme", "order/1?x"), payment_address("a", "b", "timeline")
    ('/payments/payment?account=acme&id=order%2F1%3Fx', '/payments/payment/timeline?account=a&id=b')
    """
    path = f"/payments/payment/{part}" if part else "/payments/payment"
    return f"{path}?{urlencode({'account': account, 'id': payment_id})}"
