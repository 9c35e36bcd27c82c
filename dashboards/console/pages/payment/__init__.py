"""Payment: everything that is known of one payment, told as a story.

Its routes hang under those of the page Payments. `payment_address` is where a payment's page is,
`source_words` what a label rests on.
"""

from dashboards.console.pages.payment.address import payment_address
from dashboards.console.pages.payment.words import source_words

__all__ = ["payment_address", "source_words"]
