-- What nobody confirmed in time.
DELETE FROM asked_changes WHERE ends_at <= %(now)s
