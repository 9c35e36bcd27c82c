-- The result of 3-D Secure that the payment came with. Rows from before this column have the default.
ALTER TABLE decisions
    ADD COLUMN IF NOT EXISTS three_ds_result LowCardinality(String) COMMENT 'transStatus of 3-D Secure that the payment came with: Y N A U C R I; empty when it came without, as most do before a challenge'
