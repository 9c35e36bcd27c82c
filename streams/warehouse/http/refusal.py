"""A request that is not served: ClickHouse's code and name for it, and what to do."""

from typing import Final

REQUIRED_PASSWORD: Final = (194, "REQUIRED_PASSWORD", 401)
WRONG_PASSWORD: Final = (516, "AUTHENTICATION_FAILED", 401)
ACCESS_DENIED: Final = (497, "ACCESS_DENIED", 403)
READONLY: Final = (164, "READONLY", 403)
SYNTAX_ERROR: Final = (62, "SYNTAX_ERROR", 400)
NOT_IMPLEMENTED: Final = (48, "NOT_IMPLEMENTED", 501)
TOO_MANY_QUERIES: Final = (202, "TOO_MANY_SIMULTANEOUS_QUERIES", 503)
UNKNOWN_SETTING: Final = (115, "UNKNOWN_SETTING", 404)


class RequestRefusedError(ValueError):
    """`kind`: ClickHouse's code, its name, the status of the response."""

    def __init__(self, kind: tuple[int, str, int], message: str) -> None:
        super().__init__(message)
        self.code, self.name, self.status = kind

    @property
    def text(self) -> str:
        """As ClickHouse words its errors, which its clients take apart."""
        return f"Code: {self.code}. DB::Exception: {self} ({self.name})"


def refusal_headers(refusal: RequestRefusedError) -> list[tuple[str, str]]:
    """The headers of a response that refuses."""
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("X-ClickHouse-Exception-Code", str(refusal.code)),
    ]
    if refusal.status == 401:
        headers.append(("WWW-Authenticate", 'Basic realm="ClickHouse server HTTP API"'))
    if refusal.status == 503:
        headers.append(("Retry-After", "5"))
    return headers
