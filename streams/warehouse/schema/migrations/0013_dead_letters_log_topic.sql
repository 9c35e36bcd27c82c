-- Every table says from which topic of its engine a row is; this one has one topic. Rows from before this column have the default.
ALTER TABLE dead_letters
    ADD COLUMN IF NOT EXISTS log_topic LowCardinality(String) DEFAULT 'dead-letters' COMMENT 'the topic the row was read from, without the engine''s name: dead-letters'
