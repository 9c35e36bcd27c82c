-- Puts a message down that is to be sent.
-- Grain: one row.  Reader: the outbox, in the transaction of a verdict.  Cost: the primary key, four indexes.
INSERT INTO outbox (outbox_id, engine, topic, kind, key, value, subject, action_id, not_before)
VALUES (%(outbox_id)s, %(engine)s, %(topic)s, %(kind)s, %(key)s, %(value)s, %(subject)s, %(action_id)s,
        %(not_before)s)
