"""The console in Chromium: pages open without an error on their console, keys work, axe finds nothing."""
