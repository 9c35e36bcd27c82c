-- What a model on trial found beside the champion, and whom it decided for. Rows from before these columns have the defaults.
ALTER TABLE decisions
    ADD COLUMN IF NOT EXISTS challenger_model LowCardinality(String) COMMENT 'version of the model on trial; empty when there was none',
    ADD COLUMN IF NOT EXISTS challenger_probability Nullable(Float64) COMMENT 'its probability of fraud; null when it gave none, or there was no trial',
    ADD COLUMN IF NOT EXISTS challenger_verdict LowCardinality(String) COMMENT 'the verdict it brings about; empty when there was no trial',
    ADD COLUMN IF NOT EXISTS champion_model LowCardinality(String) COMMENT 'where the challenger decided (canary): version of the champion; else empty',
    ADD COLUMN IF NOT EXISTS champion_probability Nullable(Float64) COMMENT 'where the challenger decided: the probability of the champion',
    ADD COLUMN IF NOT EXISTS champion_verdict LowCardinality(String) COMMENT 'where the challenger decided: what the champion would have said; else empty'
