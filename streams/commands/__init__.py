"""The commands of `tollgate`, one a module, imported when used."""
