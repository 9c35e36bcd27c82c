-- One claim of a person at a time is made.
-- Grain: one row.  Reader: claims.  Cost: nothing.
SELECT pg_advisory_xact_lock(hashtextextended('review ' || %(person)s::text, 0))
