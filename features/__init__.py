"""Payments to vectors: the feature catalogue, its compiled kernel and the state behind it. No I/O."""
