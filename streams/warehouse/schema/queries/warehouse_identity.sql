-- The name of this warehouse.
-- Grain: one row. Reader: sinks at their start. Cost: none.
SELECT toString(id) FROM warehouse_identity ORDER BY made_at, id LIMIT 1
