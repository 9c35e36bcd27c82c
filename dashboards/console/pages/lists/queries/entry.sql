-- One entry, if it is there.
-- Grain: one value on one list.
-- Reader: whoever takes it off.
-- Cost: a scan of controls of one engine.
SELECT list, value
FROM v_list_entries
WHERE engine = {engine:String} AND list = {list:String} AND value = {value:String} AND (empty({accounts:Array(String)}))
LIMIT 1
