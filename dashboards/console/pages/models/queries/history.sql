-- Changes of which models score, the newest first.
-- Grain: one control.
-- Reader: auditors and data scientists.
-- Cost: a scan of controls of one engine.
SELECT appended_at, kind, version, sha256, author, signers, reason, accepted, refusal_detail
FROM v_controls
WHERE engine = {engine:String} AND kind IN ('model', 'challenger', 'promote', 'challenger_halt') AND (empty({accounts:Array(String)}))
ORDER BY appended_at DESC
LIMIT 200
