-- Grain: engine, minute of engine time.
-- Reader: whoever runs the platform: how much the engine read and answered, and with what.
-- Cost: a scan of `journal`; filter on engine and minute.
CREATE OR REPLACE VIEW v_journal AS
SELECT
    engine,
    toStartOfMinute(j.engine_time) AS minute,
    count() AS batches,
    sum(j.payments) AS payments,
    sum(j.decisions) AS decisions,
    sum(j.duplicates) AS duplicates,
    sum(j.refusals) AS refusals,
    sum(j.dead_letters) AS dead_letters,
    sum(j.late) AS late,
    max(j.number) AS last_batch,
    max(j.sequence) AS last_sequence,
    groupUniqArrayArray(j.degraded) AS degraded,
    argMax(j.model, j.number) AS model,
    argMax(j.ruleset, j.number) AS ruleset,
    argMax(j.policy, j.number) AS policy
FROM journal AS j
GROUP BY engine, minute
