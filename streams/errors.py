"""Our errors, one base per decision that the caller has to make.

TollgateError            shown as one clear message, exit code 1, no traceback
├── Misconfigured        the operator has to change something; trying again does not help
├── Outage               something else is not there; trying again later may help
├── Damaged              what was stored is not what was written; names the file, topic or batch
└── Fenced               another process has taken over this one's role; end at once, quietly
"""


class TollgateError(Exception):
    """Base of all: the message is what was wrong, where, and what to do next."""

    exit_code = 1


class Misconfigured(TollgateError):  # noqa: N818 - named by what happened, as all errors here
    """A setting, file or topic is not as it must be."""


class Outage(TollgateError):  # noqa: N818
    """Kafka, ClickHouse or another service does not answer."""


class Damaged(TollgateError):  # noqa: N818
    """A stored thing is torn, foreign, or contradicts the log."""


class Fenced(TollgateError):  # noqa: N818
    """Another engine or sink of this name has taken over."""
