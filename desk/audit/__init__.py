"""The audit trail: who did what, when, to what. Written in the transaction of what it is about.

Invariants
- An entry is never changed or taken away: the database refuses it.
- What was done and its entry hold together or not at all.

Imports `desk.database` and `desk.people`.
"""

from desk.audit.entries import AuditEntry, AuditFilter
from desk.audit.trail import AuditTrail

__all__ = ["AuditEntry", "AuditFilter", "AuditTrail"]
