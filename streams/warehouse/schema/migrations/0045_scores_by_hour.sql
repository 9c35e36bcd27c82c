-- What models said, per hour of engine time: how many scores fell into which bin of probability. Rows of the same key are merged in the background, so always sum.
CREATE TABLE IF NOT EXISTS scores_by_hour
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    hour DateTime('UTC') COMMENT 'start of the hour, by engine time',
    role LowCardinality(String) COMMENT 'champion or challenger',
    scored_by LowCardinality(String) COMMENT 'version of the model',
    decided Bool COMMENT 'the verdict of the decision is by this score',
    verdict LowCardinality(String) COMMENT 'what this score brings about: approve, challenge, review or decline',
    from_millionths Int32 COMMENT 'lower bound of the bin of probability, in millionths; -1: the model gave none',
    scores SimpleAggregateFunction(sum, Int64) COMMENT 'scores, those of repeated answers not counted',
    millionths SimpleAggregateFunction(sum, Int64) COMMENT 'their probabilities added up, in millionths: divided by scores it is their mean'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, hour, role, scored_by, decided, verdict, from_millionths)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Scores per hour, model, verdict and bin of probability: read the view v_scores_hour'
