-- What brought a verdict about, authentication, and the holdout's propensity. Rows from before these columns have the defaults.
ALTER TABLE decisions
    ADD COLUMN IF NOT EXISTS decided_by LowCardinality(String) DEFAULT 'policy' COMMENT 'what brought the verdict about: policy, fallback, legal_block, allow, block, review_rule, score, soft_decline, holdout, challenge_rule or sca',
    ADD COLUMN IF NOT EXISTS level LowCardinality(String) COMMENT 'level of the rule that decided: global, group NAME or merchant ID; empty when no rule did',
    ADD COLUMN IF NOT EXISTS tags Array(LowCardinality(String)) COMMENT 'tags given by rules',
    ADD COLUMN IF NOT EXISTS shadow_hits Array(LowCardinality(String)) COMMENT 'rules on trial that hit: they changed nothing',
    ADD COLUMN IF NOT EXISTS reasons Array(LowCardinality(String)) COMMENT 'codes of the reasons: rules that hit, then what the model found',
    ADD COLUMN IF NOT EXISTS propensity Nullable(Float64) COMMENT 'how likely a payment like this one is approved; null without a random-approve holdout',
    ADD COLUMN IF NOT EXISTS sca LowCardinality(String) COMMENT 'strong customer authentication: required, exempt or out_of_scope; empty when not by card',
    ADD COLUMN IF NOT EXISTS sca_exemption LowCardinality(String) COMMENT 'low_value, risk_analysis, trusted_beneficiary or corporate; empty when not exempt',
    ADD COLUMN IF NOT EXISTS liability LowCardinality(String) COMMENT 'who bears the loss of a fraud: issuer, acquirer, merchant or unknown; empty when not by card'
