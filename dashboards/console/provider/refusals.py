"""What goes wrong between us and an identity provider. A page may show each message as it is."""

from streams.errors import Outage, TollgateError


class ProviderRefused(TollgateError):  # noqa: N818 - named by what happened, as all errors here
    """The answer does not prove who somebody is. The reason is for the log, not for whoever tries."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("signing in by your identity provider did not work: start again from this page")


class ProviderDown(Outage):
    """The identity provider does not answer, or not in a way that can be understood."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            "your identity provider does not answer: try again later, or sign in with name and password"
        )
