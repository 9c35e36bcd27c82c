-- What champion and challenger said of the payment, so that a label tells who was right. Rows from before these columns have the defaults.
ALTER TABLE labels
    ADD COLUMN IF NOT EXISTS challenger_model LowCardinality(String) COMMENT 'version of the model on trial at that decision; empty when there was none',
    ADD COLUMN IF NOT EXISTS challenger_verdict LowCardinality(String) COMMENT 'the verdict it brings about; empty when there was no trial',
    ADD COLUMN IF NOT EXISTS champion_verdict LowCardinality(String) COMMENT 'where the challenger decided (canary): what the champion would have said; else empty'
