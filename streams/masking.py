"""Settings as they may be shown: what is secret in them is masked, in whatever form it comes.

Invariant: a value that looks as if it held a secret is masked, even where that hides something harmless; what
cannot be taken apart is hidden whole. Imports the standard library only.
"""

import re
from typing import Final

MASK: Final = "***"
_SECRET_WORD: Final = (
    r"(?:password|passwd|passphrase|pwd|secret|token|api_?key|access_?key|private_?key|credentials?|jaas)"
)
_SECRET_VARIABLE: Final = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|KEY|CREDENTIALS?|DSN|JAAS)$"
)
"""A variable whose value is a secret as a whole. One that ends in `_FILE` or `_URL` names a place."""
_USER_INFORMATION: Final = re.compile(r"(?P<user>[^\s/:@,;'\"=]*):(?!//)(?P<password>[^\s]*)@")
"""`user:password@`, with or without a scheme before it. Greedy: a password may hold `@`, `/` and `:`."""
_PAIR: Final = re.compile(
    rf"(?i)(?P<name>[\w.-]*{_SECRET_WORD}[\w.-]*)(?P<equals>[\"']?\s*[=:]\s*)(?P<value>\"[^\"]*\"|'[^']*'|[^\s&;,]+)"
)
"""`password=...` in a query, a DSN, a list of properties or JAAS text."""
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)", re.DOTALL)


def masked(text: str) -> str:
    """Text of any kind without its secrets: addresses, DSNs, properties, keys in PEM.

    >>> masked("https://tollgate:p@ss/word@host:8443/fraud?access_token=abc&database=x")
    'https://tollgate:***@host:8443/fraud?access_token=***&database=x'
    >>> masked("host=db user=tollgate password='a b' port=5432")
    'host=db user=tollgate password=*** port=5432'
    """
    text = _PEM.sub(MASK, text)
    text = " ".join(_USER_INFORMATION.sub(rf"\g<user>:{MASK}@", word) for word in text.split(" "))
    return _PAIR.sub(rf"\g<name>\g<equals>{MASK}", text)


def shown(variable: str, value: object) -> str:
    """The value of an environment variable as it may be shown.

    >>> shown("KAFKA_SASL_PASSWORD", "hunter2"), shown("KAFKA_SASL_PASSWORD_FILE", "/run/secrets/kafka")
    ('***', '/run/secrets/kafka')
    """
    text = str(value)
    if not text:
        return ""
    return MASK if is_secret(variable) else masked(text)


def is_secret(variable: str) -> bool:
    """Whether the value of a variable of this name is a secret as a whole."""
    return _SECRET_VARIABLE.search(variable.upper()) is not None
