"""The edges: Kafka, ClickHouse, HTTP; engine loop, sources, sinks, local platform, command line."""
