"""The model that ships with Tollgate, trained on simulated payments."""
