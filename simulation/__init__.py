"""A simulated world of payments whose ids tell their truth. Imports `models` only."""
