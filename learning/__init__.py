"""The learning loop: labels to model to canary to champion. Joins `streams` and `training`, which do not know
each other.
"""
