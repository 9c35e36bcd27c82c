"""Every message on the bus: payments, outcomes, labels and evidence, decisions and what explains them.

Structs hold what is on the wire, in UTC epoch milliseconds and minor units; `codec` reads and writes them;
the JSON Schemas are generated from them. Invariant: fields are only added, always with a default. Imports
`models.card_numbers`, to mask what a dead letter keeps.
"""

from models.messages.codec import decode_input, encode
from models.messages.control import (
    AmountWaiver,
    ChallengerChange,
    ChallengerHalt,
    Change,
    Control,
    JudgePart,
    ListChange,
    ModelChange,
    ModelsChange,
    PolicyChange,
    PromoteChange,
    ReviewLoad,
    RulesetChange,
    TableChange,
    TraBand,
    TrialBounds,
)
from models.messages.dead_letter import DeadLetter, DeadLetterReason
from models.messages.decision import Challenger, Champion, Decision, DecisionReason, Sca, Verdict, Versions
from models.messages.decision_view import DecisionView, decode_decision_view
from models.messages.dispute import AnalystVerdict, Dispute, DisputeStage, ReversalGround
from models.messages.journal import (
    InputRange,
    JournalEntry,
    JournalTrust,
    SignedRange,
    Skip,
    Withdrawal,
)
from models.messages.label import Label, LabelValue
from models.messages.outcome import DeclineGroup, Outcome, OutcomeKind, RefundReason, Tokens, tokens_of
from models.messages.payment import (
    Authentication,
    Channel,
    Country,
    Customer,
    Identifier,
    Location,
    Merchant,
    Method,
    MethodKind,
    Millis,
    Payment,
    Phase,
    Scalar,
)
from models.messages.redaction import kept_payload, kept_words
from models.messages.signed_control import (
    SIGNATURES_MAX,
    ControlStatement,
    KeySignature,
    SignedControl,
)
from models.messages.trust import (
    Role,
    RootKey,
    RootOfTrust,
    SecondSignature,
    TrustChange,
    TrustedKey,
)
from models.messages.vectors import Vectors

__all__ = [
    "SIGNATURES_MAX",
    "AmountWaiver",
    "AnalystVerdict",
    "Authentication",
    "Challenger",
    "ChallengerChange",
    "ChallengerHalt",
    "Champion",
    "Change",
    "Channel",
    "Control",
    "ControlStatement",
    "Country",
    "Customer",
    "DeadLetter",
    "DeadLetterReason",
    "Decision",
    "DecisionReason",
    "DecisionView",
    "DeclineGroup",
    "Dispute",
    "DisputeStage",
    "Identifier",
    "InputRange",
    "JournalEntry",
    "JournalTrust",
    "JudgePart",
    "KeySignature",
    "Label",
    "LabelValue",
    "ListChange",
    "Location",
    "Merchant",
    "Method",
    "MethodKind",
    "Millis",
    "ModelChange",
    "ModelsChange",
    "Outcome",
    "OutcomeKind",
    "Payment",
    "Phase",
    "PolicyChange",
    "PromoteChange",
    "RefundReason",
    "ReversalGround",
    "ReviewLoad",
    "Role",
    "RootKey",
    "RootOfTrust",
    "RulesetChange",
    "Sca",
    "Scalar",
    "SecondSignature",
    "SignedControl",
    "SignedRange",
    "Skip",
    "TableChange",
    "Tokens",
    "TraBand",
    "TrialBounds",
    "TrustChange",
    "TrustedKey",
    "Vectors",
    "Verdict",
    "Versions",
    "Withdrawal",
    "decode_decision_view",
    "decode_input",
    "encode",
    "kept_payload",
    "kept_words",
    "tokens_of",
]
