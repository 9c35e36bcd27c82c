-- Notes that a person in a run is at work.
-- Grain: one row.  Reader: every claim and verdict.  Cost: the primary key.
UPDATE review_runs SET active_at = %(now)s WHERE person_id = %(person)s
