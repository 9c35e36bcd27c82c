"""Every message and how it is read. The field `type` says what a message is; what may lie on a topic, see
`streams.kafka.topics`.
"""

import msgspec

from models.messages.control import Control
from models.messages.decision import Decision
from models.messages.label import Label
from models.messages.outcome import Outcome
from models.messages.payment import Payment
from models.messages.refusal import Refusal
from models.messages.signed_control import SignedControl

Input = Payment | Outcome | Label | Control | SignedControl

decode_input = msgspec.json.Decoder(Input).decode
Answer = Decision | Refusal
"""What lies on ENGINE.decisions: one for each payment whose account and id can be read."""

decode_answer = msgspec.json.Decoder(Answer).decode
encode = msgspec.json.Encoder(order=None).encode
