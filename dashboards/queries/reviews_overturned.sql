-- How often reviewers overturn a verdict.
-- Grain: reviewer.
-- Reader: leads of review teams.
-- Cost: a scan of reviews.
SELECT author, count() AS reviews, countIf(is_overturned) AS overturned, overturned / reviews AS overturned_rate
FROM v_reviews
WHERE engine = '$engine' AND $__timeFilter(at)
GROUP BY author
ORDER BY reviews DESC, author
LIMIT 30
