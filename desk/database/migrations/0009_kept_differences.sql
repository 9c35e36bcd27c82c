-- What a proposal changed, as whoever decided on it saw it: lines of models.rules.ruleset_diff, and against what.
-- Reader: the page of a decided proposal. Null: not decided yet, or decided before this migration.
ALTER TABLE change_proposals
    ADD COLUMN difference jsonb CHECK (octet_length(difference::text) <= 2000000);

-- Written with the decision, and never again.
CREATE FUNCTION refuse_altered_difference() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'waiting' AND NEW.difference IS DISTINCT FROM OLD.difference THEN
        RAISE EXCEPTION 'what a decided proposal changed cannot be altered';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER differences_stay_as_seen BEFORE UPDATE ON change_proposals
    FOR EACH ROW EXECUTE FUNCTION refuse_altered_difference();
