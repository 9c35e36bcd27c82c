"""Commands for the platform of a home: up, down, status, settings, seed, acls, credentials."""
