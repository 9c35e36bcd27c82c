-- Changes of lists, the newest first. `value` finds what begins so.
-- Grain: one change of one list.
-- Reader: fraud teams and auditors.
-- Cost: a scan of controls of one engine.
SELECT appended_at, list, value, present, expires_at, author, signers, reason
FROM v_list_history
WHERE engine = {engine:String} AND (empty({accounts:Array(String)}))
    AND ({list:String} = '' OR list = {list:String})
    AND ({value:String} = '' OR startsWith(value, {value:String}))
ORDER BY appended_at DESC
LIMIT 500
