"""Features for other teams by Feast: a repository from the catalogue, offline vectors, and an online store
that a small stream keeps current. Off the decision path: the engine never reads any of it.
"""
