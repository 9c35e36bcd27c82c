"""Rules of the house that no linter knows, read from the sources of the product."""
