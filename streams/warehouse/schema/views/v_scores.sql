-- Grain: one score of one model on one decision: the champion's, and the challenger's while one is on trial. Repeated answers are left out.
-- Reader: data scientists who compare models. `decided`: the verdict of the decision is by this score.
-- Cost: a scan of `decisions`; filter on engine and engine_time, which the table is sorted by.
CREATE OR REPLACE VIEW v_scores AS
SELECT
    d.engine AS engine,
    d.engine_time AS engine_time,
    d.merchant_account AS merchant_account,
    d.payment_id AS payment_id,
    d.attempt AS attempt,
    d.phase AS phase,
    role,
    scored_by,
    probability,
    verdict,
    decided,
    d.reference_amount AS reference_amount,
    d.sequence AS sequence
FROM decisions AS d
ARRAY JOIN
    ['champion', 'challenger'] AS role,
    [if(d.champion_model = '', toString(d.model), toString(d.champion_model)), toString(d.challenger_model)] AS scored_by,
    [if(d.champion_model = '', d.probability, d.champion_probability), d.challenger_probability] AS probability,
    [if(d.champion_model = '', toString(d.verdict), toString(d.champion_verdict)), toString(d.challenger_verdict)] AS verdict,
    [d.champion_model = '', d.champion_model != ''] AS decided
WHERE NOT d.duplicate AND scored_by != ''
