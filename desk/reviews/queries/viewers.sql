-- Others who have a payment on the screen.
-- Grain: one row a person, at most 20.  Reader: page Review, every few seconds of a viewer.  Cost: the key.
SELECT person_id, person_name, seen_at FROM review_viewers
WHERE review_id = %(review)s AND person_id <> %(person)s AND seen_at > %(since)s
ORDER BY person_name
LIMIT 20
