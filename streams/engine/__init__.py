"""The decision engine: a deterministic function of a log, and the loop that feeds it inside Kafka
transactions.
"""
