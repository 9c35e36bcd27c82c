"""Where payments come from here: a seeded simulator, and files of historical payments."""
