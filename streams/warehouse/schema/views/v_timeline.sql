-- Grain: one event of one payment, for each of its tokens. Filter on one token: then each event is here once.
-- Reader: fraud teams who ask what happened to a payment, card, customer, device, network, e-mail or address.
-- Cost: a few granules where engine and token are given, as the table is sorted by them; else a scan of `timeline`.
CREATE OR REPLACE VIEW v_timeline AS
SELECT
    engine,
    token,
    entity,
    at,
    event,
    what,
    detail,
    merchant_account,
    payment_id,
    attempt,
    phase,
    merchant_id,
    amount,
    currency
FROM timeline
