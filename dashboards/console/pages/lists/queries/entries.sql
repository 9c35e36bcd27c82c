-- The entries of a list, or of all, that count now; the newest first. `value` finds what begins so.
-- Grain: one value on one list.
-- Reader: fraud teams.
-- Cost: a scan of controls of one engine.
SELECT list, value, author, reason, since, expires_at
FROM v_list_entries
WHERE engine = {engine:String} AND (empty({accounts:Array(String)}))
    AND ({list:String} = '' OR list = {list:String})
    AND ({value:String} = '' OR startsWith(value, {value:String}))
    AND (isNull(expires_at) OR expires_at > now())
ORDER BY since DESC, list, value
LIMIT {most:UInt32} OFFSET {skip:UInt32}
