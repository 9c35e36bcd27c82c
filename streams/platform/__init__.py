"""The local platform: a real Kafka, the warehouse and our processes, started and supervised."""
