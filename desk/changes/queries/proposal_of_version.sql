-- Grain: one proposal, the newest with this content. Reader: the editor, which begins with the text as it was written.
-- Cost: an index scan of one engine.
SELECT *
FROM change_proposals
WHERE engine = %(engine)s AND version = %(version)s
ORDER BY proposed_at DESC
LIMIT 1
