-- Who did what, when, to what. Reader: desk.audit. Rows are added and never changed: the triggers refuse
-- everything else, also to the role that owns the table.

CREATE TABLE audit_entries (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    noted_at timestamptz NOT NULL,
    user_id uuid,             -- NULL: nobody signed in: an attempt, or an operator at the command line
    name text NOT NULL CHECK (length(name) <= 64),
    merchant_account text,    -- whose payments it was about; NULL where it was about none
    action text NOT NULL CHECK (length(action) BETWEEN 1 AND 64),
    subject text NOT NULL CHECK (length(subject) <= 512),
    detail jsonb NOT NULL CHECK (pg_column_size(detail) <= 16384)
);
CREATE INDEX audit_entries_by_user ON audit_entries (user_id, entry_id DESC);
CREATE INDEX audit_entries_by_subject ON audit_entries (subject, entry_id DESC);
CREATE INDEX audit_entries_by_action ON audit_entries (action, entry_id DESC);
CREATE INDEX audit_entries_by_time ON audit_entries (noted_at);

CREATE FUNCTION refuse_change_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_audit();
CREATE TRIGGER audit_entries_are_not_emptied BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit();
