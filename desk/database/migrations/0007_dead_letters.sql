-- What people did about messages that the engine refused. Reader: desk.dead_letters. One row a message: what was decided
-- about it is decided once, and what is to be sent again is in the outbox by the same transaction.
CREATE TABLE dead_letter_actions (
    engine text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    log_offset bigint NOT NULL CHECK (log_offset >= 0),
    refused_because text NOT NULL,
    policy text NOT NULL CHECK (policy IN ('fix', 'reinsert', 'drop')),
    why text NOT NULL CHECK (length(why) BETWEEN 1 AND 500),
    payload_sha256 text NOT NULL,        -- of what was refused
    sent_sha256 text,                    -- of what was sent instead; NULL: dropped
    outbox_id uuid,
    acted_by_id uuid NOT NULL,
    acted_by_name text NOT NULL,
    acted_at timestamptz NOT NULL,
    PRIMARY KEY (engine, topic, partition, log_offset),
    CHECK ((policy = 'drop') = (outbox_id IS NULL)),
    CHECK ((outbox_id IS NULL) = (sent_sha256 IS NULL))
);
CREATE INDEX dead_letter_actions_by_reason ON dead_letter_actions (engine, refused_because, log_offset);
CREATE INDEX dead_letter_actions_by_time ON dead_letter_actions (engine, acted_at DESC);
