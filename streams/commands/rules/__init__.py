"""`tollgate rules`: what fraud teams do with rulesets."""
