"""Every input message and how it is read. The field `type` decides what a message is, never the topic it came
by.
"""

import msgspec

from models.messages.control import Control
from models.messages.label import Label
from models.messages.outcome import Outcome
from models.messages.payment import Payment
from models.messages.signed_control import SignedControl

Input = Payment | Outcome | Label | Control | SignedControl

decode_input = msgspec.json.Decoder(Input).decode
encode = msgspec.json.Encoder(order=None).encode
