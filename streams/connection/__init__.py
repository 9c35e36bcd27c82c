"""How a process of ours proves to Kafka and ClickHouse who it is: TLS, SASL, and where secrets come from.

Invariants
- One place: what `security` gives is used by every client, librdkafka's and the agents' alike. A setting
  that one of them cannot honour is refused, never left out.
- What would send a password in clear text without being asked to, or would go unused, is refused.
- No secret is in an error, a log line or a `repr`.

Imports `streams.errors` only.
"""

from streams.connection.aiokafka_options import check_mapped, ssl_context
from streams.connection.clickhouse_url import (
    checked_clickhouse_url,
    clickhouse_authority,
    complete_clickhouse_url,
    is_unverified,
)
from streams.connection.kafka_security import KafkaSecurity, act_as, own_bootstrap, security, use_local
from streams.connection.oauth_tokens import OAuthTokens
from streams.connection.properties_file import read as read_properties
from streams.connection.variables import PROPERTIES_FILE, VARIABLES, security_variables

__all__ = [
    "PROPERTIES_FILE",
    "VARIABLES",
    "KafkaSecurity",
    "OAuthTokens",
    "act_as",
    "check_mapped",
    "checked_clickhouse_url",
    "clickhouse_authority",
    "complete_clickhouse_url",
    "is_unverified",
    "own_bootstrap",
    "read_properties",
    "security",
    "security_variables",
    "ssl_context",
    "use_local",
]
