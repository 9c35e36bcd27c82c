-- Notes on a payment, oldest first.
-- Grain: one row a note, at most 200.  Reader: page Review.  Cost: an index.
SELECT person_name, note, written_at FROM review_notes
WHERE review_id = %(review)s
ORDER BY note_id
LIMIT 200
