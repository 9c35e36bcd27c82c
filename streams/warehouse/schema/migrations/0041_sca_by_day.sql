-- Strong customer authentication of decisions, per day of engine time. Rows of the same key are merged in the background, so always sum.
CREATE TABLE IF NOT EXISTS sca_by_day
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    day Date COMMENT 'the day, by engine time',
    method LowCardinality(String) COMMENT 'card, wallet, bank_debit, bank_transfer or pay_later',
    sca LowCardinality(String) COMMENT 'strong customer authentication: required, exempt or out_of_scope; empty when not by card',
    sca_exemption LowCardinality(String) COMMENT 'low_value, risk_analysis, trusted_beneficiary or corporate; empty when not exempt',
    sca_scope LowCardinality(String) COMMENT 'why authentication is out of scope; empty when it is not',
    liability LowCardinality(String) COMMENT 'who bears the loss of a fraud: issuer, acquirer, merchant or unknown; empty when not by card',
    verdict LowCardinality(String) COMMENT 'approve, challenge, review or decline',
    decisions SimpleAggregateFunction(sum, Int64) COMMENT 'decisions, repeated answers not counted',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of these'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, day, method, sca, sca_exemption, sca_scope, liability, verdict)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Decisions per day by authentication, exemption and liability: read the view v_sca'
