-- Decisions made while a model was on trial, per hour of engine time. Rows of the same key are merged in the background, so always sum.
CREATE TABLE IF NOT EXISTS trials_by_hour
(
    engine LowCardinality(String) COMMENT 'name of the engine that decided',
    hour DateTime('UTC') COMMENT 'start of the hour, by engine time',
    challenger_model LowCardinality(String) COMMENT 'version of the model on trial',
    canary Bool COMMENT 'the challenger decided',
    verdict LowCardinality(String) COMMENT 'approve, challenge, review or decline',
    decisions SimpleAggregateFunction(sum, Int64) COMMENT 'decisions made during the trial, repeated answers not counted',
    reference_amount SimpleAggregateFunction(sum, Int128) COMMENT 'EUR cents of these',
    disagreed SimpleAggregateFunction(sum, Int64) COMMENT 'decisions of which the other model says otherwise',
    challenger_scored SimpleAggregateFunction(sum, Int64) COMMENT 'decisions with a probability by the challenger',
    challenger_millionths SimpleAggregateFunction(sum, Int64) COMMENT 'these probabilities added up, in millionths: divided by challenger_scored it is their mean',
    champion_scored SimpleAggregateFunction(sum, Int64) COMMENT 'decisions with a probability by the champion',
    champion_millionths SimpleAggregateFunction(sum, Int64) COMMENT 'these probabilities added up, in millionths'
)
ENGINE = AggregatingMergeTree
ORDER BY (engine, hour, challenger_model, canary, verdict)
SETTINGS non_replicated_deduplication_window = 20000
COMMENT 'Decisions of trials per hour, model on trial and verdict: read the view v_trials'
