-- Grain: one proposal, the newest published one with this content. Reader: the page of an earlier ruleset.
-- Cost: an index scan of one engine.
SELECT *
FROM change_proposals
WHERE engine = %(engine)s AND version = %(version)s AND state = 'published'
ORDER BY published_at DESC
LIMIT 1
