-- What a person did at once.
-- Grain: one row.  Reader: verdicts and escalations.  Cost: the primary key, an index.
INSERT INTO review_actions (action_id, engine, person_id, person_name, kind, done_at, undo_until)
VALUES (%(action)s, %(engine)s, %(person)s, %(name)s, %(kind)s, %(now)s, %(undo_until)s)
