-- Grain: one event of one token: a decision, outcome, label, stage of a dispute, review or refusal. What was reported again is left out. Newest first.
-- Reader: the page Payment, under each of its tabs.
-- Cost: the token's rows of `timeline`, found by its sorting key: some granules; a token of millions of payments costs more.
SELECT
    at,
    event,
    what,
    detail,
    merchant_account,
    payment_id,
    attempt,
    phase,
    merchant_id,
    amount,
    currency
FROM v_timeline
WHERE engine = {engine:String}
    AND token = {token:String}
    AND entity = {entity:String}
    AND (entity != 'payment' OR {account:String} = '' OR merchant_account = {account:String})
    AND (empty({accounts:Array(String)}) OR merchant_account IN {accounts:Array(String)})
ORDER BY at DESC, event, what
LIMIT 1 BY at, event, what, detail, merchant_account, payment_id, attempt, phase
LIMIT {rows:UInt32}
