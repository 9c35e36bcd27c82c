-- Labelled payments by what models had said of them, per day of their decision. Rows of the same key are merged in the background, so always sum.
CREATE TABLE IF NOT EXISTS score_labels_by_day
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    day Date COMMENT 'cohort: day of the payment\'s decision, by engine time',
    role LowCardinality(String) COMMENT 'champion or challenger',
    scored_by LowCardinality(String) COMMENT 'version of the model',
    decided Bool COMMENT 'the verdict of the decision is by this score',
    verdict LowCardinality(String) COMMENT 'what this score brings about: approve, challenge, review or decline',
    from_millionths Int32 COMMENT 'lower bound of the bin of probability, in millionths; -1: the model gave none',
    label LowCardinality(String) COMMENT 'fraud, friendly, legitimate or unknown',
    payments SimpleAggregateFunction(sum, Int64) COMMENT 'payments that came to stand under this label, less those that left it',
    millionths SimpleAggregateFunction(sum, Int64) COMMENT 'the probabilities of these payments added up, in millionths'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, day, role, scored_by, decided, verdict, from_millionths, label)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Labelled payments per day, model, verdict, bin of probability and label: read the view v_score_labels'
