-- Grain: one proposal that is approved and not confirmed on the log. Reader: `tollgate desk`, twice a minute. Cost: few rows.
SELECT * FROM change_proposals
WHERE engine = %(engine)s AND state = 'approved' AND decided_at <= %(until)s
ORDER BY decided_at LIMIT 100
