"""What is refused, and in which words. A page may show each message as it is.

TollgateError
├── SignInRefused     one wording for every cause
├── TooManyAttempts   come back after `retry_after_s`
├── LinkRefused       unknown, used or out of date
├── PasswordRefused   the new password is too weak; says why
└── AccountRefused    a change of people that may not be; says why
"""

from streams.errors import TollgateError


class SignInRefused(TollgateError):  # noqa: N818 - named by what happened, as all errors here
    """Name, password or code is wrong, or the account may not sign in: nobody is told which."""

    def __init__(self) -> None:
        super().__init__("name, password or code is wrong. Try again, or ask an administrator for a new link")


class TooManyAttempts(TollgateError):  # noqa: N818
    """Whoever guesses has to wait."""

    def __init__(self, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"too many attempts: try again in {max(1, -(-retry_after_s // 60))} min")


class LinkRefused(TollgateError):  # noqa: N818
    """A one-time link that does not work (any more)."""

    def __init__(self) -> None:
        super().__init__("this link was used, is out of date or is not complete: ask for a new one")


class PasswordRefused(TollgateError):  # noqa: N818
    """A new password that is not taken."""


class AccountRefused(TollgateError):  # noqa: N818
    """A change of people that may not be."""
