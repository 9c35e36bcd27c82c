-- Begins a person's run; a run of theirs before ends.
-- Grain: one row.  Reader: the start of a run.  Cost: the primary key.
INSERT INTO review_runs (person_id, run_id, engine, queue, review_ids, began_at, active_at)
VALUES (%(person)s, %(run)s, %(engine)s, %(queue)s, %(order)s, %(now)s, %(now)s)
ON CONFLICT (person_id) DO UPDATE SET
    run_id = excluded.run_id, engine = excluded.engine, queue = excluded.queue,
    review_ids = excluded.review_ids, began_at = excluded.began_at, active_at = excluded.active_at
