"""Commands of the learning loop, one a module, loaded when used."""
