-- What the payment itself says, so that a decision is read without a join. Rows from before these columns have the defaults.
ALTER TABLE decisions
    ADD COLUMN IF NOT EXISTS log_topic LowCardinality(String) DEFAULT 'decisions' COMMENT 'role of the topic the row was read from: ENGINE.decisions',
    ADD COLUMN IF NOT EXISTS payment_known Bool COMMENT 'the payment was found in table payments: the columns from card to channel are its own; else, and for repeated answers, they are empty',
    ADD COLUMN IF NOT EXISTS card String COMMENT 'token of the payment instrument: card, wallet or account; never a card number',
    ADD COLUMN IF NOT EXISTS bin LowCardinality(String) COMMENT 'first six to eight digits of a card; empty when unknown',
    ADD COLUMN IF NOT EXISTS issuer_country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2 of the card issuer; empty when unknown',
    ADD COLUMN IF NOT EXISTS customer String COMMENT 'the merchant\'s name for the customer; empty when unknown',
    ADD COLUMN IF NOT EXISTS device String COMMENT 'token of the payer\'s device; empty when unknown',
    ADD COLUMN IF NOT EXISTS ip_network String COMMENT 'keyed hash of the network of the payer\'s address (IPv4 /24, IPv6 /48); empty when unknown',
    ADD COLUMN IF NOT EXISTS email String COMMENT 'token of the payer\'s e-mail address; empty when unknown',
    ADD COLUMN IF NOT EXISTS delivery_address String COMMENT 'token of the delivery address; empty when unknown',
    ADD COLUMN IF NOT EXISTS mcc LowCardinality(String) COMMENT 'ISO 18245 merchant category code; empty when unknown',
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String) COMMENT 'ecommerce, app, pos, moto or recurring; empty when the payment is not known',
    ADD COLUMN IF NOT EXISTS deciding_rule LowCardinality(String) COMMENT 'id of the rule that decided; empty when no rule did',
    ADD COLUMN IF NOT EXISTS sca_scope LowCardinality(String) COMMENT 'why authentication is out of scope; empty when it is not',
    ADD COLUMN IF NOT EXISTS late Bool COMMENT 'the payment arrived more than a day after it was made'
