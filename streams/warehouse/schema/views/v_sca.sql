-- Grain: engine, day of engine time, method, authentication, exemption, why out of scope, liability, verdict.
-- Reader: analysts and compliance officers who watch exemptions and who bears the loss. Repeated answers are left out; amounts in EUR cents.
-- Cost: a sum over `sca_by_day`; filter on engine and day.
CREATE OR REPLACE VIEW v_sca AS
SELECT
    engine,
    day,
    method,
    sca,
    sca_exemption,
    sca_scope,
    liability,
    verdict,
    sum(t.decisions) AS decisions,
    sum(t.reference_amount) AS reference_amount
FROM sca_by_day AS t
GROUP BY engine, day, method, sca, sca_exemption, sca_scope, liability, verdict
