-- Between PostgreSQL and Kafka: how far topics were read, and what is to be sent.

-- One row a partition that a consumer reads. Changed in the transaction that holds what was read.
CREATE TABLE inbox_offsets (
    consumer    text NOT NULL,
    topic       text NOT NULL,
    partition   integer NOT NULL,
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    PRIMARY KEY (consumer, topic, partition)
);

-- One row a record, or range of records, that a consumer could not use, and why.
CREATE TABLE inbox_parked (
    consumer   text NOT NULL,
    topic      text NOT NULL,
    partition  integer NOT NULL,
    log_offset bigint NOT NULL,
    until      bigint NOT NULL,       -- first offset after it
    reason     text NOT NULL,
    parked_at  timestamptz NOT NULL,
    PRIMARY KEY (consumer, topic, partition, log_offset)
);

-- One row a message that is, or was, to be sent.
CREATE TABLE outbox (
    outbox_id  uuid PRIMARY KEY,      -- the message's CloudEvents id
    place      bigint GENERATED ALWAYS AS IDENTITY,
    engine     text NOT NULL,
    topic      text NOT NULL,         -- by role: disputes, list-requests
    kind       text NOT NULL,
    key        text NOT NULL,
    value      bytea NOT NULL,        -- sent again, it has the same bytes
    subject    text NOT NULL,         -- what it says something of: said once
    action_id  uuid,                  -- what a person did: taken back together
    not_before timestamptz NOT NULL,
    state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'cancelled')),
    read_from  bigint,                -- end of the topic before it was sent
    sent_at    timestamptz,
    log_offset bigint,
    CHECK ((state IN ('sending', 'sent')) = (read_from IS NOT NULL)),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL AND log_offset IS NOT NULL))
);
CREATE UNIQUE INDEX outbox_said_once ON outbox (engine, subject) WHERE state <> 'cancelled';
CREATE INDEX outbox_due ON outbox (engine, not_before, place) WHERE state = 'waiting';
CREATE INDEX outbox_open ON outbox (engine, place) WHERE state = 'sending';
CREATE INDEX outbox_of_action ON outbox (action_id) WHERE action_id IS NOT NULL;
