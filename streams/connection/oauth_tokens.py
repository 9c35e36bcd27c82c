"""OAuth tokens by the client-credentials grant (RFC 6749, 4.4), for the client library of the agents.

librdkafka fetches its own. Invariants: an answer is read up to a bound and within a time, a token is fetched
again before it ends, and neither secret nor token is in an error.
"""

import base64
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from streams.connection.aiokafka_options import trusting
from streams.connection.kafka_security import KafkaSecurity
from streams.errors import Misconfigured, Outage

TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 262_144
RENEWED_AT: Final = 0.8
"""Share of a token's life after which another one is fetched."""

LIFE_S: Final = 60.0
"""Of a token whose answer does not say."""


class OAuthTokens:
    """Tokens of one client. `get` is blocking; `clock` counts seconds."""

    def __init__(self, security: KafkaSecurity, clock: Callable[[], float] = time.monotonic) -> None:
        given = security.properties
        self.url = given["sasl.oauthbearer.token.endpoint.url"]
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise Misconfigured("KAFKA_SASL_OAUTH_TOKEN_URL must begin with https:// (or http://)")
        pair = (
            f"{quote(given['sasl.oauthbearer.client.id'])}:{quote(given['sasl.oauthbearer.client.secret'])}"
        )
        self._authorisation = "Basic " + base64.b64encode(pair.encode()).decode()
        self._scope = given.get("sasl.oauthbearer.scope", "")
        self.extensions = _extensions(given.get("sasl.oauthbearer.extensions", ""))
        self._trusted = _trusted(given.get("https.ca.location", "probe"))
        self._clock = clock
        self._token, self._renewed_at = "", 0.0

    def get(self) -> str:
        """A token that is still good. Raises `Outage` where the server gives none."""
        if not self._token or self._clock() >= self._renewed_at:
            answer = self._ask()
            self._token = str(answer["access_token"])
            life_s = float(answer.get("expires_in", LIFE_S))
            self._renewed_at = self._clock() + RENEWED_AT * life_s
        return self._token

    def _ask(self) -> dict[str, Any]:
        form = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        request = urllib.request.Request(
            self.url, urlencode(form).encode(), {"Authorization": self._authorisation}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=self._trusted) as response:
                answer = json.loads(response.read(ANSWER_BYTES_MAX))
        except urllib.error.HTTPError as refusal:
            refusal.close()
            raise Outage(f"the token server {self.url} answers {refusal.code} {refusal.reason}") from None
        except (OSError, ValueError) as failure:
            raise Outage(f"the token server {self.url} gives no token: {failure}") from None
        if not isinstance(answer, dict) or not answer.get("access_token"):
            raise Outage(f"the token server {self.url} answers without an access_token")
        return answer


def _trusted(place: str) -> ssl.SSLContext:
    try:
        return trusting(place)
    except OSError as failure:
        raise Misconfigured(
            f"https.ca.location={place}: the certificates cannot be used: {failure.args[-1]}"
        ) from None


def _extensions(text: str) -> dict[str, str]:
    """`name=value,...`, as librdkafka takes them."""
    pairs = [part.partition("=") for part in text.split(",") if part]
    return {name.strip(): value.strip() for name, _, value in pairs}
