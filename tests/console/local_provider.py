"""A small identity provider over real HTTP, on this machine: Authlib's server side, with keys of its own.

It signs in whoever comes as `person`, at once. What a bad one might say is set by `says`.
"""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT: Final = "console"
SECRET: Final = "a word of both: % and /"


@dataclass
class LocalProvider:
    """Give it as `with LocalProvider() as provider`. says: claims that take the place of the right ones; None
    takes one away. now: seconds since 1970 for its tokens."""

    now: int
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "s-1", "preferred_username": "avery"})
    says: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.key = self.signing_key = new_key()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(urlsplit(self.path).path)
                known = {
                    "/.well-known/openid-configuration": provider.configuration,
                    "/keys": lambda: KeySet([provider.key]).as_dict(private=False),
                }
                answer = known.get(urlsplit(self.path).path)
                self.tell(200 if answer else 404, answer() if answer else {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self.tell(*provider.token(dict(parse_qsl(body)), self.headers.get("authorization", "")))

            def tell(self, status: int, said: Any) -> None:
                import json

                content = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "LocalProvider":
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def configuration(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        } | self.metadata

    def signs_in(self, address: str) -> str:
        """What a browser does there: gives the address that it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = generate_token(24)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """A token for a code, once, for who can show the verifier and the secret."""
        asked = self.codes.pop(form.get("code", ""), None)
        if authorization != basic(CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        if (
            asked is None
            or form["redirect_uri"] != asked["redirect_uri"]
            or create_s256_code_challenge(form["code_verifier"]) != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}

    def id_token(self, nonce: str) -> str:
        """Who it is, signed."""
        right = {
            "iss": self.issuer, "aud": CLIENT, "iat": self.now, "exp": self.now + 300, "nonce": nonce,
            **self.person,
        }  # fmt: skip
        claims = {name: value for name, value in (right | self.says).items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.signing_key.kid}
        return jwt.encode(header, claims, self.signing_key, algorithms=[self.algorithm])


def new_key() -> RSAKey:
    """A key with a name."""
    return RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)


def basic(client: str, secret: str) -> str:
    """The header of a client with a secret."""
    from base64 import b64encode
    from urllib.parse import quote

    return "Basic " + b64encode(f"{quote(client, safe='')}:{quote(secret, safe='')}".encode()).decode()
