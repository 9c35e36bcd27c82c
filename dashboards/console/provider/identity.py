"""An identity provider as the console uses it: where to send a browser, and who comes back."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dashboards.console.provider.flow import SignInFlow
from dashboards.console.provider.metadata import ProviderMetadata, answer_of
from dashboards.console.provider.refusals import ProviderDown, ProviderRefused

log = logging.getLogger(__name__)

SIGNED_BY: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Public keys alone: a token that is not signed, or with a shared word, is refused."""
CLOCKS_APART_S: Final = 60
AGE_MAX_S: Final = 600
"""Of a token: it was made for this sign-in."""
TIMEOUT_S: Final = 5.0
AT_ONCE: Final = 4
SCOPE: Final = "openid profile email"
SUBJECT_MAX: Final = 255
NAME_CLAIMS: Final = ("preferred_username", "email")
"""What a new person is called, the first that is there."""


@dataclass(frozen=True)
class ProviderSettings:
    """Which provider, and what it knows us as. back_to: the address of ours to which it sends people back."""

    issuer: str
    client_id: str
    back_to: str
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Identity:
    """Whom the provider vouches for. name: as it calls them, for a new person; may be empty."""

    issuer: str
    subject: str
    name: str


class IdentityProvider:
    """One provider. Usable by several threads."""

    def __init__(
        self, settings: ProviderSettings, clock: Callable[[], datetime], http: httpx.Client | None = None
    ) -> None:
        self._settings, self._clock = settings, clock
        self._http = http or httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)
        self._metadata = ProviderMetadata(settings.issuer, self._http, clock)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    @property
    def issuer(self) -> str:
        """Its name, which is an address."""
        return self._settings.issuer

    def address(self, flow: SignInFlow) -> str:
        """Where the browser goes to sign in. Raises ProviderDown."""
        with self._turn():
            endpoint = self._metadata.found().authorization_endpoint
        client = OAuth2Client(
            None, self._settings.client_id, scope=SCOPE, redirect_uri=self._settings.back_to,
            code_challenge_method="S256",
        )  # fmt: skip
        uri, _ = client.create_authorization_url(
            endpoint, state=flow.state, nonce=flow.nonce, code_verifier=flow.verifier
        )
        return str(uri)

    def identity(self, flow: SignInFlow, code: str) -> Identity:
        """Who has signed in there. Raises ProviderRefused, ProviderDown."""
        with self._turn():
            said = self._exchanged(flow, code)
            claims = self._claims(str(said.get("id_token", "")), flow.nonce, said.get("access_token"))
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX or not subject.isprintable():
            raise ProviderRefused("the token names nobody")
        name = next((claims[key] for key in NAME_CLAIMS if isinstance(claims.get(key), str)), "")
        return Identity(self.issuer, subject, name)

    def close(self) -> None:
        """Ends connections."""
        self._http.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=TIMEOUT_S):
            raise ProviderDown(f"{AT_ONCE} others wait for it already")
        try:
            yield
        finally:
            self._turns.release()

    def _exchanged(self, flow: SignInFlow, code: str) -> dict[str, Any]:
        """What the provider gives for a code, which works once."""
        us = self._settings
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": us.back_to,
            "code_verifier": flow.verifier,
        }  # fmt: skip
        # RFC 6749, 2.3.1: both parts are encoded before they are put together.
        auth: httpx.Auth = httpx.BasicAuth(quote(us.client_id, safe=""), quote(us.client_secret, safe=""))
        if not us.client_secret:
            auth, form["client_id"] = httpx.Auth(), us.client_id
        endpoint = self._metadata.found().token_endpoint

        def ask() -> httpx.Response:
            answer = self._http.post(endpoint, data=form, auth=auth)
            if answer.status_code in (400, 401, 403):
                raise ProviderRefused(f"the code was not taken: {answer.text[:200]!r}")
            return answer

        return answer_of(ask)

    def _claims(self, token: str, nonce: str, access_token: object) -> dict[str, Any]:
        """What a token says, once signature, issuer, audience, times and nonce are right."""
        try:
            decoded = self._decoded(token)
            options = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
            }
            params = {"nonce": nonce, "client_id": self._settings.client_id, "access_token": access_token}
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            now = int(self._clock().timestamp())
            claims.validate(now=now, leeway=CLOCKS_APART_S)
        except (JoseError, ValueError, TypeError) as failure:
            raise ProviderRefused(f"the token is not good: {type(failure).__name__}: {failure}") from failure
        if now - int(claims["iat"]) > AGE_MAX_S:
            raise ProviderRefused("the token is too old")
        return dict(claims)

    def _decoded(self, token: str) -> jwt.Token:
        """A token whose signature is the provider's; after a change of its keys they are asked for again."""
        keys: KeySet = self._metadata.keys()
        try:
            return jwt.decode(token, keys, algorithms=list(SIGNED_BY))
        except (JoseError, ValueError):
            anew = self._metadata.keys(anew=True)
            if anew is keys:
                raise
            return jwt.decode(token, anew, algorithms=list(SIGNED_BY))
