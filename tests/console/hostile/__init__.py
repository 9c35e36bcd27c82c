"""The console as hostile users meet it: `python -m tests.console.hostile`, on a platform that is up."""
