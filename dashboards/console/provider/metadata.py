"""What an identity provider says of itself (OpenID Connect Discovery), and the keys that it signs with."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpx
from joserfc.jwk import KeySet

from dashboards.console.provider.refusals import ProviderDown

KNOWN_FOR: Final = timedelta(hours=1)
KEYS_EVERY: Final = timedelta(minutes=1)
"""A token signed with a key that we do not know makes us ask for the keys again, this often at most."""
ANSWER_BYTES_MAX: Final = 1 << 20
LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass(frozen=True)
class Metadata:
    """Where the provider is asked for what."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class ProviderMetadata:
    """Metadata and keys of one issuer, asked for when they are needed and kept for an hour."""

    def __init__(self, issuer: str, http: httpx.Client, clock: Callable[[], datetime]) -> None:
        self._issuer, self._http, self._clock = issuer, http, clock
        self._lock = threading.Lock()
        self._found: tuple[datetime, Metadata] | None = None
        self._keys: tuple[datetime, KeySet] | None = None

    def found(self) -> Metadata:
        """Raises ProviderDown."""
        with self._lock:
            now = self._clock()
            if self._found is None or now - self._found[0] > KNOWN_FOR:
                self._found = (now, self._discovered())
            return self._found[1]

    def keys(self, *, anew: bool = False) -> KeySet:
        """The keys of the provider; `anew` where one is missing. Raises ProviderDown."""
        address = self.found().jwks_uri
        with self._lock:
            now = self._clock()
            age_max = KEYS_EVERY if anew else KNOWN_FOR
            if self._keys is None or now - self._keys[0] > age_max:
                self._keys = (now, self._key_set(address))
            return self._keys[1]

    def _discovered(self) -> Metadata:
        said = answer_of(
            lambda: self._http.get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        )
        if said.get("issuer") != self._issuer:
            raise ProviderDown(f"it calls itself {said.get('issuer')!r}, the setting says {self._issuer!r}")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        addresses = [str(said.get(name, "")) for name in names]
        for name, address in zip(names, addresses, strict=True):
            if not is_safe(address):
                raise ProviderDown(f"its {name} is {address!r}: give https://")
        return Metadata(*addresses)

    def _key_set(self, address: str) -> KeySet:
        said = answer_of(lambda: self._http.get(address))
        try:
            return KeySet.import_key_set(cast(Any, said))
        except Exception as failure:  # whatever a key of theirs is not
            raise ProviderDown(f"its keys cannot be read: {failure}") from failure


def answer_of(ask: Callable[[], httpx.Response]) -> dict[str, Any]:
    """The JSON object of an answer. Raises ProviderDown."""
    try:
        answer = ask()
        if answer.status_code != httpx.codes.OK or len(answer.content) > ANSWER_BYTES_MAX:
            raise ProviderDown(f"{answer.url.copy_with(query=None)} answers {answer.status_code}")
        said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as failure:
        raise ProviderDown(f"it cannot be asked: {type(failure).__name__}: {failure}") from failure
    if not isinstance(said, dict):
        raise ProviderDown("its answer is no JSON object")
    return said


def is_safe(address: str) -> bool:
    """Whether nobody reads along: over TLS, or on this very machine.

    >>> is_safe("https://id.example/x"), is_safe("http://id.example/x"), is_safe("http://127.0.0.1:9/x")
    (True, False, True)
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))
