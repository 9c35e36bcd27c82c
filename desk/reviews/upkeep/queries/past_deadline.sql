-- Open payments whose deadline has passed, locked; the minute of an undo is waited for.
-- Grain: one row a review, at most `most`.  Reader: the deadlines, every few seconds.  Cost: an index.
SELECT
    review_id, merchant_account, payment_id, attempt, decision, amount, currency, claimed_name, deadline_at
FROM reviews
WHERE engine = %(engine)s AND state IN ('waiting', 'second') AND deadline_at <= %(now)s AND ready_at <= %(now)s
ORDER BY deadline_at
LIMIT %(most)s
FOR UPDATE SKIP LOCKED
