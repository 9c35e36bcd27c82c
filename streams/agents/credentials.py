"""What `streams.connection` says of Kafka's security, in the words of Faust."""

import asyncio

from aiokafka.abc import AbstractTokenProvider
from faust.auth import Credentials, OAuthCredentials, SASLCredentials, SSLCredentials

from streams.connection import KafkaSecurity, OAuthTokens, check_mapped, ssl_context


def credentials(security: KafkaSecurity) -> Credentials | None:
    """For a Faust app; None for a broker without TLS and users. Raises `Misconfigured`."""
    check_mapped(security)
    context = ssl_context(security)
    if security.mechanism == "OAUTHBEARER":
        return OAuthCredentials(oauth_cb=_Tokens(OAuthTokens(security)), ssl_context=context)
    if security.protocol.startswith("SASL"):
        return SASLCredentials(
            mechanism=security.mechanism,
            username=security.properties["sasl.username"],
            password=security.properties["sasl.password"],
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)


class _Tokens(AbstractTokenProvider):  # type: ignore[misc] # aiokafka has no types
    def __init__(self, tokens: OAuthTokens) -> None:
        self._tokens = tokens

    async def token(self) -> str:
        return await asyncio.to_thread(self._tokens.get)

    def extensions(self) -> dict[str, str]:
        return self._tokens.extensions
