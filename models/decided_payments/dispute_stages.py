"""Messages about disputes as stages that meters count, with the country of the merchant.

A dispute does not say where the merchant is: its payment's decision does, or, of a payment that is older than
the decisions at hand, any decision of the same merchant. Where neither is known no scheme's region is, and
the report is in no meter: `CardActivity.without_country` counts those.
"""

from collections.abc import Iterable

from models.decided_payments.columns import DecidedPayments
from models.messages import Dispute
from models.meters import ReportRows, StageRow, reports


def reported_disputes(
    disputes: Iterable[Dispute], decided: DecidedPayments, as_of_ms: int, acquirer: str | None = None
) -> ReportRows:
    """Reports of the disputes that were known at `as_of_ms`."""
    rows = zip(decided.merchants.tolist(), decided.countries.tolist(), strict=True)
    by_merchant = {merchant: country for merchant, country in rows if country is not None}
    keys = zip(
        decided.accounts.tolist(), decided.payment_ids.tolist(), decided.attempts.tolist(), strict=True
    )
    by_attempt = dict(zip(keys, decided.countries.tolist(), strict=True))
    return reports(
        _stage(dispute, by_attempt, by_merchant, acquirer) for dispute in disputes if dispute.at < as_of_ms
    )


def _stage(
    dispute: Dispute,
    by_attempt: dict[tuple[str, str, int], str | None],
    by_merchant: dict[str, str],
    acquirer: str | None,
) -> StageRow:
    attempt = dispute.merchant_account, dispute.payment_id, dispute.attempt
    merchant = dispute.tokens.merchant_id
    disputed = dispute.amount if dispute.disputed_amount is None else dispute.disputed_amount
    return StageRow(
        payment=attempt, merchant=merchant, acquirer=acquirer or dispute.merchant_account,
        country=by_attempt.get(attempt) or by_merchant.get(merchant), dispute_id=dispute.dispute_id,
        stage=dispute.stage, at_ms=dispute.at, scheme=dispute.scheme, reason_code=dispute.reason_code,
        ground=dispute.ground, channel=dispute.channel, amount=disputed, currency=dispute.currency,
    )  # fmt: skip
