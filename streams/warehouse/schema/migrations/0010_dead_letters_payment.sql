-- Which payment a refused message was about, and whether who sent it was answered. Rows from before these columns have the defaults.
ALTER TABLE dead_letters
    ADD COLUMN IF NOT EXISTS merchant_account String COMMENT 'account of the payment that the message is about; empty when it could not be read',
    ADD COLUMN IF NOT EXISTS payment_id String COMMENT 'the payment that the message is about; empty when it could not be read',
    ADD COLUMN IF NOT EXISTS answered Bool COMMENT 'a refusal on the decisions topic answers it: each refusal is such a row'
