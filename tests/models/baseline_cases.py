"""For each rule of the baseline a payment it hits, and what of it to change so that it just does not.

A payment is what is known of it, by column; everything else is missing. `lists` are those of `LISTS`.
"""

from collections.abc import Mapping
from typing import Any, Final

Case = tuple[dict[str, Any], dict[str, Any]]

LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "sanctioned_countries": ("KP",),
    "blocked_devices": ("dev_bad",),
    "blocked_bins": ("400000",),
    "trusted_customers": ("cus_good",),
    "watched_ips": ("203.0.113.9",),
}

_TAKEOVER: Final = {
    "customer_payment_count_lifetime": 5,
    "customer_hours_since_first_payment": 721,
    "customer_ip_country_is_new": 1,
    "card_device_is_new": 1,
}

CASES: Final[Mapping[str, Case]] = {
    "sanctioned_party": ({"ip_country": "KP"}, {"ip_country": "KR"}),
    "blocked_entity": ({"device": "dev_bad"}, {"device": "dev_good"}),
    "blocked_bin": ({"bin": "400000"}, {"bin": "400001"}),
    "trusted_customer": (
        {"customer": "cus_good", "card_device_is_new": 0, "customer_declined_count_24h": 2},
        {"customer_declined_count_24h": 3},
    ),
    "watched_entity": ({"ip": "203.0.113.9"}, {"ip": "203.0.113.8"}),
    "testing_small_amounts_card": (
        {"card_small_amount_count_1h": 3, "reference_amount": 199},
        {"reference_amount": 200},
    ),
    "testing_device": (
        {"device_small_amount_count_1h": 3, "device_distinct_cards_1h": 3, "channel": "app"},
        {"device_distinct_cards_1h": 2},
    ),
    "testing_ip": (
        {"ip_small_amount_count_10m": 4, "ip_distinct_cards_10m": 4},
        {"ip_small_amount_count_10m": 3},
    ),
    "testing_then_large": (
        {"card_small_amount_count_1h": 2, "reference_amount": 20_001},
        {"card_small_amount_count_1h": 1},
    ),
    "testing_declines_card": ({"card_declined_count_1h": 4}, {"card_declined_count_1h": 3}),
    "testing_declines_ip": (
        {"ip_declined_count_1h": 5, "ip_distinct_cards_1h": 4},
        {"ip_distinct_cards_1h": 3},
    ),
    "testing_declines_device": (
        {"device_declined_count_1h": 3, "device_distinct_cards_1h": 3},
        {"device_declined_count_1h": 2},
    ),
    "wrong_codes_card": ({"card_wrong_cvv_count_24h": 3}, {"card_wrong_cvv_count_24h": 2}),
    "bin_numbers_guessed": ({"bin_invalid_card_count_1h": 10}, {"bin_invalid_card_count_1h": 9}),
    "bin_attack_declines": (
        {"bin_merchant_distinct_cards_1h": 8, "bin_merchant_declined_share_1h": 0.51},
        {"bin_merchant_declined_share_1h": 0.5},
    ),
    "bin_attack_small_amounts": (
        {"bin_merchant_distinct_cards_10m": 6, "bin_merchant_small_amount_count_10m": 6},
        {"bin_merchant_small_amount_count_10m": 5},
    ),
    "merchant_tested": (
        {
            "merchant_declined_share_10m": 0.61,
            "merchant_payment_count_10m": 20,
            "merchant_small_amount_share_1h": 0.21,
        },
        {"merchant_payment_count_10m": 19},
    ),
    "takeover_device_and_country": (_TAKEOVER, {"card_device_is_new": 0}),
    "takeover_large": (
        {**_TAKEOVER, "customer_amount_ratio_to_mean_30d": 3.1, "reference_amount": 15_001},
        {"reference_amount": 15_000},
    ),
    "takeover_new_email_on_old_card": (
        {
            "card_payment_count_lifetime": 10,
            "has_email": 1,
            "card_device_is_new": 1,
            "reference_amount": 10_001,
        },
        {"email_hours_since_first_payment": 0.5},
    ),
    "takeover_new_address": (
        {
            "customer_payment_count_lifetime": 10,
            "has_delivery_address": 1,
            "card_device_is_new": 1,
            "reference_amount": 20_001,
        },
        {"customer_payment_count_lifetime": 9},
    ),
    "takeover_failed_authentication": (
        {"card_authentication_failed_count_24h": 2},
        {"card_authentication_failed_count_24h": 1},
    ),
    "dormant_customer_new_device": (
        {"customer_hours_since_last_payment": 4321, "card_device_is_new": 1, "reference_amount": 15_001},
        {"customer_hours_since_last_payment": 4320},
    ),
    "email_many_cards_day": ({"email_distinct_cards_24h": 3}, {"email_distinct_cards_24h": 2}),
    "email_many_cards_month": ({"email_distinct_cards_30d": 4}, {"email_distinct_cards_30d": 3}),
    "triangulation_address": (
        {"address_distinct_cards_30d": 5, "address_distinct_customers_30d": 4},
        {"address_distinct_customers_30d": 3},
    ),
    "device_many_cards": (
        {"device_distinct_cards_24h": 4, "channel": "ecommerce"},
        {"device_distinct_cards_24h": 3},
    ),
    "device_many_customers": ({"device_distinct_customers_30d": 4}, {"device_distinct_customers_30d": 3}),
    "mule_ring": (
        {
            "device_distinct_customers_30d": 3,
            "device_distinct_cards_30d": 3,
            "device_amount_sum_30d": 300_001,
        },
        {"device_amount_sum_30d": 300_000},
    ),
    "customer_many_cards": ({"customer_distinct_cards_24h": 3}, {"customer_distinct_cards_24h": 2}),
    "velocity_card_1h": ({"card_payment_count_1h": 5}, {"card_payment_count_1h": 4}),
    "velocity_card_amount_1h": (
        {"card_payment_count_1h": 1, "card_amount_sum_1h": 60_000, "reference_amount": 40_001},
        {"reference_amount": 40_000},
    ),
    "velocity_card_amount_24h": (
        {"card_amount_sum_24h": 150_000, "reference_amount": 50_001, "card_amount_sum_30d": 400_001},
        {"card_amount_sum_30d": 400_002},
    ),
    "velocity_customer_1h": ({"customer_payment_count_1h": 5}, {"customer_payment_count_1h": 4}),
    "velocity_device_1h": ({"device_payment_count_1h": 8, "channel": "app"}, {"channel": "pos"}),
    "velocity_ip_10m": ({"ip_payment_count_10m": 10}, {"ip_payment_count_10m": 9}),
    "velocity_email_24h": ({"email_payment_count_24h": 6}, {"email_payment_count_24h": 5}),
    "stolen_card_burst": (
        {"card_distinct_merchants_1h": 3, "card_amount_sum_1h": 40_000, "reference_amount": 10_001},
        {"card_distinct_merchants_1h": 2},
    ),
    "amount_out_of_habit": (
        {"card_amount_deviation_30d": 3.1, "card_payment_count_30d": 10, "reference_amount": 10_001},
        {"card_payment_count_30d": 9},
    ),
    "hour_out_of_habit": (
        {"card_hour_of_week_share": 0.009, "card_payment_count_lifetime": 50, "reference_amount": 20_001},
        {"card_hour_of_week_share": 0.01},
    ),
    "night_large": (
        {"is_night": 1, "card_merchant_is_new": 1, "reference_amount": 50_001},
        {"is_night": 0},
    ),
    "same_amount_repeated": (
        {"card_same_amount_count_1h": 2, "card_declined_count_1h": 1},
        {"card_declined_count_1h": 0},
    ),
    "impossible_travel": ({"card_speed_kmh": 1001.0, "reference_amount": 30_001}, {"card_speed_kmh": 1000.0}),
    "ip_country_of_nobody": (
        {
            "ip_country": "BR",
            "method_country": "DE",
            "ip_country_is_merchant_country": 0,
            "card_device_is_new": 1,
            "reference_amount": 5_001,
        },
        {"method_country": "BR"},
    ),
    "network_with_frauds": (
        {"network_frauds_over_labels_30d": 0.21, "network_frauds_learned_lifetime": 5},
        {"network_frauds_over_approved_90d": 0.049},
    ),
    "prepaid_cross_border": (
        {
            "bin_is_prepaid": 1,
            "issuer_country_is_merchant_country": 0,
            "card_merchant_is_new": 1,
            "reference_amount": 10_001,
        },
        {"issuer_country_is_merchant_country": 1},
    ),
    "risky_goods_new_customer": (
        {"mcc_group": "gambling", "customer_age_days": 0.9, "reference_amount": 5_001},
        {"customer_age_days": 1.0},
    ),
    "luxury_new_customer": (
        {"mcc_group": "luxury", "customer_age_days": 6.9, "reference_amount": 50_001},
        {"mcc_group": "grocery"},
    ),
    "gift_cards": (
        {"metadata.product": "gift_card", "customer_age_days": 29.9, "reference_amount": 10_001},
        {"metadata.product": "book"},
    ),
    "card_known_fraud": ({"card_frauds_over_labels_30d": 0.51}, {"card_frauds_over_labels_30d": 0.5}),
    "device_known_fraud": ({"device_frauds_over_labels_30d": 0.51}, {"device_frauds_over_labels_30d": 0.5}),
    "email_known_fraud": ({"email_frauds_over_labels_30d": 0.51}, {"email_frauds_over_labels_30d": 0.5}),
    "address_known_fraud": ({"address_frauds_learned_lifetime": 2}, {"address_frauds_learned_lifetime": 1}),
    "friendly_refunds": (
        {"customer_refunds_over_captures_365d": 0.51, "customer_payment_count_365d": 6},
        {"customer_payment_count_365d": 5},
    ),
    "friendly_serial_disputer": (
        {"customer_frauds_learned_lifetime": 2, "customer_frauds_over_labels_30d": 0.51},
        {"customer_frauds_learned_lifetime": 1},
    ),
    "merchant_compromised": (
        {"merchant_frauds_over_labels_30d": 0.21, "merchant_frauds_learned_lifetime": 3},
        {"merchant_frauds_over_approved_90d": 0.049},
    ),
    "merchant_amount_out_of_habit": (
        {"merchant_amount_deviation_30d": 3.1, "reference_amount": 20_001},
        {"merchant_amount_deviation_30d": 3.0},
    ),
    "authentication_refused": ({"phase": "post_3ds", "three_ds_code": 5}, {"three_ds_code": 4}),
    "wrong_code_after_authorisation": (
        {"phase": "post_auth", "cvv_matches": 0, "card_merchant_is_new": 1},
        {"cvv_matches": 1},
    ),
    "address_mismatch_after_authorisation": (
        {"phase": "post_auth", "avs_match": 0, "reference_amount": 20_001},
        {"has_liability_shift": 1},
    ),
    "unauthenticated_risk": (
        {"probability": 0.06, "reference_amount": 25_001, "channel": "ecommerce"},
        {"three_ds_is_authenticated": 1},
    ),
    "challenger_disagrees": (
        {"challenger_probability": 0.75, "probability": 0.25},
        {"challenger_probability": 0.65},
    ),
}
