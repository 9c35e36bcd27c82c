-- Notes on a payment, oldest first; of many the newest.
-- Grain: one row a note, at most 200.  Reader: page Review.  Cost: an index.
SELECT person_name, note, written_at FROM (
    SELECT * FROM review_notes WHERE review_id = %(review)s ORDER BY note_id DESC LIMIT 200
) AS newest
ORDER BY note_id
