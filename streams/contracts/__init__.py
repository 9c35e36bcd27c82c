"""What is promised to others, generated from structs and topic table: JSON Schemas, AsyncAPI, topic cards.

`python -m streams.contracts` writes the files; tests fail when they are not current.
"""
