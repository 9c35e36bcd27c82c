"""What a browser carries between leaving for the identity provider and coming back: one value of a cookie."""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import quote, unquote

PARTS: Final = 4
SEPARATOR: Final = "~"
THEN_MAX: Final = 1_000


@dataclass(frozen=True)
class SignInFlow:
    """state: comes back in the address. nonce: comes back in the token. verifier: shows the provider that who
    brings the code is who asked for it (PKCE, RFC 7636). then: the path of ours that was wanted.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    then: str = ""

    @classmethod
    def begun(cls, then: str) -> Self:
        """A new one."""
        kept = then if len(then) <= THEN_MAX else ""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), kept)

    @classmethod
    def of_cookie(cls, value: str) -> Self | None:
        """What `cookie` gave; None for anything else.

        >>> flow = SignInFlow("s", "n", "v", "/live?a=b~c")
        >>> SignInFlow.of_cookie(flow.cookie) == flow, SignInFlow.of_cookie("s~n~v"), SignInFlow.of_cookie("")
        (True, None, None)
        """
        parts = value.split(SEPARATOR)
        if len(parts) != PARTS or not all(parts[:3]):
            return None
        return cls(parts[0], parts[1], parts[2], unquote(parts[3]))

    @property
    def cookie(self) -> str:
        """As one value that a cookie can hold."""
        then = quote(self.then, safe="").replace(SEPARATOR, "%7E")
        return SEPARATOR.join((self.state, self.nonce, self.verifier, then))

    def is_of(self, state: str) -> bool:
        """Whether the state of an address is this one's."""
        return hmac.compare_digest(self.state.encode(), state.encode(errors="replace"))
