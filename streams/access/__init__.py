"""Who may do what on Kafka: the least each role needs, as Kafka's access control lists.

Invariants
- A role has what its work needs and no more; what no role is given, Kafka refuses.
- The matrix is data (`roles`); what is printed, applied and tested is made from it alone.
- Applying adds what is missing and takes nothing away: what is there beyond the matrix is shown to people.

Imports `streams.kafka` and `streams.errors`.
"""

from streams.access.acls import AclComparison, apply, compare, kafka_acls_lines
from streams.access.grants import Grant, grants, principal
from streams.access.roles import ROLES, KafkaRole, role_named
from streams.access.users import set_passwords

__all__ = [
    "ROLES",
    "AclComparison",
    "Grant",
    "KafkaRole",
    "apply",
    "compare",
    "grants",
    "kafka_acls_lines",
    "principal",
    "role_named",
    "set_passwords",
]
