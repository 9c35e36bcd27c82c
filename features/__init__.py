"""Payments to vectors: the feature catalogue, its compiled kernel and the state it updates.

Invariants: no I/O, no clock, no randomness; a vector depends only on the messages before it. Order of the
rooms: columns, catalogue, kernel, state, and `ingest`, which is the way in for everybody else. May import
`models`.
"""
