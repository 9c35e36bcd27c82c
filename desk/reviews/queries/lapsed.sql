-- Payments to which the default was applied lately.
-- Grain: one row a review, at most 50.  Reader: page Review.  Cost: an index.
SELECT * FROM reviews
WHERE engine = %(engine)s AND state = 'lapsed' AND closed_at > %(now)s::timestamptz - interval '24 hours'
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
ORDER BY closed_at DESC
LIMIT 50
