"""The learning loop as a story: months of a simulated world through a real Kafka, in minutes."""
