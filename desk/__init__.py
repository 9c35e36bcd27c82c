"""People's work: who they are, what they review, note and keep, in PostgreSQL. Knows nothing of pages.

Imports `streams` and below; `dashboards` imports it.
"""
