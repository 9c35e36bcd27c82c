"""The warehouse: decisions, dead letters and their aggregates in ClickHouse, vectors as Parquet.

Locally one process owns an embedded ClickHouse (chdb) and answers the ClickHouse HTTP protocol for everyone
else; with `CLICKHOUSE_URL` the same sinks write to a real server.
"""
