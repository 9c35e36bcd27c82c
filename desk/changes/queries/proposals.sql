-- Grain: one proposal. Reader: the Rules page: open ones first, then the newest. Cost: an index scan of one engine.
SELECT *
FROM change_proposals
WHERE engine = %(engine)s
ORDER BY (state IN ('waiting', 'approved')) DESC, proposed_at DESC
LIMIT %(most)s
