-- Tells this warehouse from every other one, so that progress recorded for another is not taken for its own.
CREATE TABLE IF NOT EXISTS warehouse_identity
(
    id UUID DEFAULT generateUUIDv4() COMMENT 'random name of this warehouse; the oldest row counts',
    made_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it was given'
)
ENGINE = MergeTree
ORDER BY (made_at, id)
COMMENT 'The name of this warehouse in the progress its sinks record in Kafka'
