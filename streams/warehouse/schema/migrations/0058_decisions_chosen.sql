-- Granules without what is chosen are passed over: in a selection that few payments fit, or none, and for people of a merchant account that has few. Older rows have it once their part is merged.
ALTER TABLE decisions
    ADD INDEX IF NOT EXISTS hits_bloom hits TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS merchant_account_bloom merchant_account TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS merchant_id_bloom merchant_id TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS bin_bloom bin TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS issuer_country_set issuer_country TYPE set(300) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS merchant_country_set merchant_country TYPE set(300) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS currency_set currency TYPE set(300) GRANULARITY 1
