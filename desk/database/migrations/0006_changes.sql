-- Changes of rules on their way to the log: drafts, proposals that wait for a second person, and backtests.
-- A proposal holds the exact bytes that are published; what was proposed can never be altered.
CREATE TABLE rule_drafts (
    engine text NOT NULL,
    author_id uuid NOT NULL,
    document_text text NOT NULL CHECK (octet_length(document_text) <= 800000),
    base_version text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (engine, author_id)
);

CREATE TABLE change_proposals (
    proposal_id uuid PRIMARY KEY,
    engine text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('ruleset')),
    document_text text NOT NULL CHECK (octet_length(document_text) <= 800000),
    document bytea NOT NULL CHECK (octet_length(document) <= 900000),
    document_sha256 text NOT NULL CHECK (document_sha256 = encode(sha256(document), 'hex')),
    version text NOT NULL,
    base_version text NOT NULL,
    author_id uuid NOT NULL,
    author_name text NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
    proposed_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'published', 'rejected', 'withdrawn')),
    decided_by_id uuid,
    decided_by_name text,
    decided_at timestamptz,
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    log_offset bigint,
    published_at timestamptz,
    trouble text NOT NULL DEFAULT '',
    CONSTRAINT two_people CHECK (
        state NOT IN ('approved', 'published') OR (decided_by_id IS NOT NULL AND decided_by_id <> author_id)
    ),
    CONSTRAINT published_has_a_place CHECK ((state = 'published') = (log_offset IS NOT NULL))
);

-- The same content waits once: whoever proposes it again is shown the first.
CREATE UNIQUE INDEX change_proposals_waiting ON change_proposals (engine, kind, version)
    WHERE state IN ('waiting', 'approved');
CREATE INDEX change_proposals_by_time ON change_proposals (engine, proposed_at DESC);

CREATE FUNCTION refuse_altered_proposal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.proposal_id, OLD.engine, OLD.kind, OLD.document_text, OLD.document, OLD.document_sha256, OLD.version,
        OLD.base_version, OLD.author_id, OLD.author_name, OLD.reason, OLD.proposed_at)
       IS DISTINCT FROM
       (NEW.proposal_id, NEW.engine, NEW.kind, NEW.document_text, NEW.document, NEW.document_sha256, NEW.version,
        NEW.base_version, NEW.author_id, NEW.author_name, NEW.reason, NEW.proposed_at) THEN
        RAISE EXCEPTION 'what was proposed cannot be altered: withdraw it and propose anew';
    END IF;
    IF OLD.state IN ('published', 'rejected', 'withdrawn') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'this proposal is closed: it is %', OLD.state;
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER proposals_stay_as_proposed BEFORE UPDATE ON change_proposals
    FOR EACH ROW EXECUTE FUNCTION refuse_altered_proposal();

CREATE TABLE backtests (
    backtest_id uuid PRIMARY KEY,
    engine text NOT NULL,
    version text NOT NULL,
    base_version text NOT NULL,
    days integer NOT NULL CHECK (days BETWEEN 1 AND 400),
    asked_by_id uuid NOT NULL,
    asked_by_name text NOT NULL,
    started_at timestamptz NOT NULL,
    heard_at timestamptz NOT NULL,
    finished_at timestamptz,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'failed')),
    result jsonb,
    trouble text NOT NULL DEFAULT '',
    CONSTRAINT done_has_a_result CHECK ((state = 'done') = (result IS NOT NULL))
);
-- One at a time, whatever asks: a backtest reads a month of payments.
CREATE UNIQUE INDEX backtests_one_at_a_time ON backtests ((true)) WHERE state = 'running';
CREATE INDEX backtests_by_version ON backtests (engine, version, started_at DESC);
