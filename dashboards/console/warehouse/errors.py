"""How reading can fail.

TollgateError
├── Misconfigured
│   └── NoMerchantAccount  the person may see no merchant account at all
└── Outage
    ├── WarehouseDown      it does not answer
    ├── ReaderBusy         too many queries wait already
    ├── WarehouseSlow      the query ran into its limit of time, memory or rows read
    └── WarehouseRefused   it answered that the query is wrong: ours, or one that a person wrote
"""

from streams.errors import Misconfigured, Outage


class NoMerchantAccount(Misconfigured):
    """Whoever asks has no merchant account: an administrator has to give one."""


class WarehouseDown(Outage):
    """ClickHouse does not answer."""


class ReaderBusy(Outage):
    """All places for queries are taken, and stayed so while we waited."""


class WarehouseSlow(Outage):
    """A query ran into a limit of time, memory or rows."""


class WarehouseRefused(Outage):
    """ClickHouse does not take the query. `code` is its own number for the reason."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code
