-- Changes of lists and models that one person asked for and a second one has to confirm, within a day.
-- Reader: desk.changes.seconds. One that is confirmed goes; who asked and who confirmed stay in the audit trail.
CREATE TABLE asked_changes (
    asked_id uuid PRIMARY KEY,
    engine text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('list', 'model')),
    fields jsonb NOT NULL CHECK (octet_length(fields::text) <= 10000),
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    asked_by_id uuid NOT NULL,
    asked_by_name text NOT NULL,
    asked_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX asked_changes_by_engine ON asked_changes (engine, kind, asked_at);
