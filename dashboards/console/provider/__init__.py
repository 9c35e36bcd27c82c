"""Signing in by an identity provider: OpenID Connect, authorization code with PKCE, state and nonce.

Invariants
- What a browser began, that browser alone ends, once: state, nonce and verifier lie in a cookie of its own.
- Who somebody is stands in a token that the provider signed, for us, for this very sign-in, a moment ago.
- The provider is asked only when somebody signs in by it: where it is down, names and passwords work.
- At most `AT_ONCE` people wait for it at a time, each for some seconds.

Whom the provider vouches for still has to be a person of ours: `desk.accounts` decides.
"""

from dashboards.console.provider.flow import SignInFlow
from dashboards.console.provider.identity import Identity, IdentityProvider, ProviderSettings
from dashboards.console.provider.refusals import ProviderDown, ProviderRefused

__all__ = [
    "Identity",
    "IdentityProvider",
    "ProviderDown",
    "ProviderRefused",
    "ProviderSettings",
    "SignInFlow",
]
