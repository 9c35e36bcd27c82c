-- Notes what the engine was told of the queue's load.
-- Grain: one row.  Reader: the load report.  Cost: the primary key.
INSERT INTO review_load_told (engine, waiting, capacity_per_hour, told_at)
VALUES (%(engine)s, %(waiting)s, %(capacity_per_hour)s, %(now)s)
ON CONFLICT (engine) DO UPDATE SET
    waiting = excluded.waiting, capacity_per_hour = excluded.capacity_per_hour, told_at = excluded.told_at
