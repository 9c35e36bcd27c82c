-- In which fields of a payment card numbers were masked before it was decided. Rows from before this column have the default.
ALTER TABLE decisions
    ADD COLUMN IF NOT EXISTS redacted Array(String) COMMENT 'fields of the payment in which card numbers were masked: free text only; empty when there were none'
