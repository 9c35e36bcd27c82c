"""The edges: Kafka, ClickHouse, HTTP; the engine loop, sources, sinks, the local platform and the command line."""
