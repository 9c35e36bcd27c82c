"""The console's tests, with a database of people's work of a test's own where it asks for one."""

from tests.support.shared_postgres import desk_database, desk_url

__all__ = ["desk_database", "desk_url"]
