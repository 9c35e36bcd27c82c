"""Payment: everything that is known of one payment, told as a story.

Its routes hang under those of the page Payments. `payment_address` is where a payment's page is.
"""

from dashboards.console.pages.payment.address import payment_address

__all__ = ["payment_address"]
