-- Who changed what, and who signed it.
-- Grain: one control.
-- Reader: risk leads and auditors.
-- Cost: a scan of controls.
SELECT appended_at, kind, target, version, author, signers, accepted, refusal, reason
FROM v_controls
WHERE engine = '$engine' AND $__timeFilter(appended_at)
ORDER BY appended_at DESC
LIMIT 100
