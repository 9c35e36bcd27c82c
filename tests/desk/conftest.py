"""Each test of people's work has a database of its own on a real PostgreSQL."""

from tests.support.shared_postgres import desk_database, desk_url

__all__ = ["desk_database", "desk_url"]
