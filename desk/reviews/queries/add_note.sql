-- A person's note on a payment.
-- Grain: one row.  Reader: page Review.  Cost: the primary key, an index.
INSERT INTO review_notes (review_id, person_id, person_name, note, written_at)
VALUES (%(review)s, %(person)s, %(name)s, %(note)s, %(now)s)
