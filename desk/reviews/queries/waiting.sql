-- The queue as a person sees it, in its order.
-- Grain: one row an open review, at most `most`.  Reader: page Review, once a poll of a viewer.  Cost: an index
-- in the order of the queue; a search reads the open reviews of the engine.
SELECT * FROM reviews
WHERE engine = %(engine)s AND queue = %(queue)s AND state IN ('waiting', 'second')
  AND (%(accounts)s::text[] IS NULL OR merchant_account = ANY (%(accounts)s))
  AND (%(search)s = '' OR payment_id = %(search)s OR merchant_id = %(search)s OR card = %(search)s
       OR device = %(search)s OR merchant_account = %(search)s)
  AND (NOT %(only_overdue)s OR due_at <= %(now)s)
ORDER BY rank DESC, review_id
LIMIT %(most)s
