"""Strong customer authentication (PSD2, RTS on SCA): required, exempt or out of scope, and who is liable.

Invariant: an assessment depends on the payment and on counters, bands and soft declines that the log built up
before it. Imports messages, reference data and kernels.
"""

from models.sca import assessment, low_value_counters, soft_declines
from models.sca.assessment import ScaResult, ScaRows, assess, challengeable, merchant_initiated
from models.sca.codes import PROVEN, Exemption, ScaStatus, Scope
from models.sca.features import SCA_FEATURES, FeatureColumns
from models.sca.liability import PROVEN_OR_ATTEMPTED, Liability, is_mastercard
from models.sca.low_value_counters import AMOUNT_MAX, CardCounters, CardEvent, LowValueCounters
from models.sca.settings import ScaSettings
from models.sca.soft_declines import ASKED, EXPIRY_MS, SOFT_DECLINED, SoftDeclines, is_soft_decline, key_of
from models.sca.tra_bands import BadSignature, bands_at, quarter_name, sign, verify, with_band
from models.sca.tra_meter import TraMeter

__all__ = [
    "AMOUNT_MAX",
    "ASKED",
    "EXPIRY_MS",
    "PROVEN",
    "PROVEN_OR_ATTEMPTED",
    "SCA_FEATURES",
    "SOFT_DECLINED",
    "BadSignature",
    "CardCounters",
    "CardEvent",
    "Exemption",
    "FeatureColumns",
    "Liability",
    "LowValueCounters",
    "ScaResult",
    "ScaRows",
    "ScaSettings",
    "ScaStatus",
    "Scope",
    "SoftDeclines",
    "TraMeter",
    "assess",
    "assessment",
    "bands_at",
    "challengeable",
    "is_mastercard",
    "is_soft_decline",
    "key_of",
    "low_value_counters",
    "merchant_initiated",
    "quarter_name",
    "sign",
    "soft_declines",
    "verify",
    "with_band",
]
