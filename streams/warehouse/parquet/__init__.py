"""From Kafka to Parquet: every vector in exactly one file."""

from streams.warehouse.parquet.loss import gone_before_archived, pass_over_archive
from streams.warehouse.parquet.vector_files import FileRange, decode_vectors, file_ranges, write
from streams.warehouse.parquet.vector_sink import VectorSink

__all__ = [
    "FileRange",
    "VectorSink",
    "decode_vectors",
    "file_ranges",
    "gone_before_archived",
    "pass_over_archive",
    "write",
]
