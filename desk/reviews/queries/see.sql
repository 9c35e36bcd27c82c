-- Notes that a person has a payment on the screen.
-- Grain: one row.  Reader: page Review, every few seconds of a viewer.  Cost: the primary key.
INSERT INTO review_viewers (review_id, person_id, person_name, seen_at)
VALUES (%(review)s, %(person)s, %(name)s, %(now)s)
ON CONFLICT (review_id, person_id) DO UPDATE SET seen_at = excluded.seen_at
