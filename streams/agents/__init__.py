"""Faust agents: what people pace and where a message costs a tenth of a millisecond; never on a payment's
path.
"""
