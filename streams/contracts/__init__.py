"""What other teams can rely on, generated from structs and topic table: JSON Schemas, AsyncAPI, topic cards.

`make pages` writes the files; tests fail when they are not current.
"""
