-- What models and rules on trial said of the decision, so that a label finds it. Rows from before these columns have the defaults.
ALTER TABLE decided_payments
    ADD COLUMN IF NOT EXISTS champion_model LowCardinality(String) COMMENT 'where the challenger decided (canary): version of the champion; else empty',
    ADD COLUMN IF NOT EXISTS probability Nullable(Float64) COMMENT 'probability of fraud by the model that decided; null when it gave none',
    ADD COLUMN IF NOT EXISTS challenger_probability Nullable(Float64) COMMENT 'the same by the model on trial; null when there was none',
    ADD COLUMN IF NOT EXISTS champion_probability Nullable(Float64) COMMENT 'where the challenger decided: the probability of the champion',
    ADD COLUMN IF NOT EXISTS shadow_hits Array(LowCardinality(String)) COMMENT 'rules on trial that hit: they changed nothing'
