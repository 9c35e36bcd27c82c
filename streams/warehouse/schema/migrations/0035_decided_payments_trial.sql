-- What a model on trial said of the decision, so that a label finds it. Rows from before these columns have the defaults.
ALTER TABLE decided_payments
    ADD COLUMN IF NOT EXISTS challenger_model LowCardinality(String) COMMENT 'version of the model on trial; empty when there was none',
    ADD COLUMN IF NOT EXISTS challenger_verdict LowCardinality(String) COMMENT 'the verdict it brings about; empty when there was no trial',
    ADD COLUMN IF NOT EXISTS champion_verdict LowCardinality(String) COMMENT 'where the challenger decided (canary): what the champion would have said; else empty'
