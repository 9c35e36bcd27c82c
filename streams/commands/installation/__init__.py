"""The platform of a home: up, down, status, settings, first controls."""
