"""Traces of payments."""
