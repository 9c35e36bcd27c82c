-- Grain: one column of a table or view of the warehouse, with what it holds.
-- Reader: the page Explore: its schema browser and the editor's completion. It holds no merchant account.
-- Cost: ClickHouse's own tables, about 1,500 rows, some milliseconds; remembered for a minute.
SELECT
    table,
    tables.comment AS table_comment,
    endsWith(tables.engine, 'View') AS is_view,
    name,
    type,
    columns.comment AS comment
FROM system.columns AS columns
INNER JOIN (
    SELECT name AS table, comment, engine FROM system.tables WHERE database = currentDatabase()
) AS tables USING (table)
WHERE database = currentDatabase() AND tables.engine != 'MaterializedView' AND NOT startsWith(table, '.')
ORDER BY NOT is_view, table, position
