-- Forgets who looked at payments long ago; the audit trail keeps it.
-- Grain: one row a viewer.  Reader: the deadlines.  Cost: an index.
DELETE FROM review_viewers WHERE seen_at < %(before)s
