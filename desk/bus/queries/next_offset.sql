-- How far a consumer has read a topic.
-- Grain: one row, or none.  Reader: the inbox, once at a start.  Cost: the primary key.
SELECT next_offset FROM inbox_offsets
WHERE consumer = %(consumer)s AND topic = %(topic)s AND partition = 0
