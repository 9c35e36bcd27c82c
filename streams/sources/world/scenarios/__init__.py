"""Scenarios of fraud, one a module."""
