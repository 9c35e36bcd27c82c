"""Headers of every answer."""

from typing import Final

POLICY: Final = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
    "connect-src 'self'", "font-src 'self'", "form-action 'self'", "frame-ancestors 'none'",
    "base-uri 'none'",
))  # fmt: skip
"""What a page may load and where it may send: ourselves alone, no text of a page is ever run."""
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
NO_STORE: Final = "no-store"
"""Pages hold payments: neither the browser nor a proxy keeps them."""
TLS_ONLY: Final = "max-age=31536000"


def answer_headers(address: str) -> dict[str, str]:
    """The headers of every answer of the console at `address`."""
    extra = {"strict-transport-security": TLS_ONLY} if address.startswith("https://") else {}
    return HEADERS | extra
