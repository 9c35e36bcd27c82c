-- Who changed how payments are judged, one row per control of the topics `ENGINE.controls` and `ENGINE.history`.
CREATE TABLE IF NOT EXISTS controls
(
    engine LowCardinality(String) COMMENT 'engine that the control is for',
    id String COMMENT 'names the control in audits and answers',
    kind LowCardinality(String) COMMENT 'ruleset, policy, model, challenger, promote, challenger_halt, table, list, amount_waiver, review_load, tra_band or trust',
    issued_at DateTime64(3, 'UTC') COMMENT 'when it was issued, as its author says',
    author String COMMENT 'person or service that issued it',
    reason String COMMENT 'why, in words; empty when not given',
    version LowCardinality(String) COMMENT 'version it puts in effect, as decisions name it: of a ruleset, policy or model; else empty',
    sha256 String COMMENT 'SHA-256 of the artefact it names; empty when it names none',
    target LowCardinality(String) COMMENT 'what exactly it changes: name of a list or table, legal entity of a band, currency of a waiver; else empty',
    value String COMMENT 'value that is put on a list or taken off; else empty',
    present Bool COMMENT 'put on the list; false: taken off, or not about a list',
    expires_at Nullable(DateTime64(3, 'UTC')) COMMENT 'engine time from which an entry of a list does not count; null: it stays, or not about a list',
    purpose LowCardinality(String) COMMENT 'what being on the list is for: allow, block or watch; else empty',
    change String COMMENT 'the whole change as JSON: a ruleset, a policy, keys ...' CODEC(ZSTD(3)),
    signed_by Array(String) COMMENT 'ids of the keys that signed it, the author\'s first; empty when it is not signed',
    signing_author String COMMENT 'id of the author\'s key; engine where the engine wrote it; empty when it is not signed',
    installation LowCardinality(String) COMMENT 'installation it was signed for; empty when it is not signed',
    must_arrive_by Nullable(DateTime64(3, 'UTC')) COMMENT 'when a signed control must be on the log; null: without limit',
    keys Map(String, String) COMMENT 'of a change of trust: names of the keys by id',
    appended_at DateTime64(3, 'UTC') COMMENT 'when Kafka took the message: it acts from this place of the log on',
    log_topic LowCardinality(String) COMMENT 'the topic the row was read from, without the engine''s name: controls or history',
    log_partition UInt32 COMMENT 'partition of that topic',
    log_offset UInt64 COMMENT 'offset of the message in it',
    INDEX log_offset_range log_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (engine, appended_at, log_offset)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'One row per control that can be read, refused ones as well: v_controls says which were refused and names the signers'
