-- Grain: reason of the refusal. Reader: the Pipeline page, to say how many are open. Cost: an index scan of one engine.
SELECT refused_because, count(*) AS letters
FROM dead_letter_actions
WHERE engine = %(engine)s
GROUP BY refused_because
