-- Grain: one conclusion of an analyst about one payment, oldest first.
-- Reader: the page Payment.
-- Cost: the timeline gives the times, and these the rows by the sorting key of `reviews`: some granules.
SELECT at, author, label, reason, is_overturned
FROM v_reviews
WHERE engine = {engine:String}
    AND at IN
    (
        SELECT at FROM v_timeline
        WHERE engine = {engine:String} AND token = {payment_id:String} AND entity = 'payment' AND event = 'review'
    )
    AND payment_id = {payment_id:String}
    AND merchant_account = {account:String}
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
ORDER BY at
LIMIT 50
