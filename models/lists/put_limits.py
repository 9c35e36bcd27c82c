"""How many list entries rules may make in an hour, and of which values none.

A rule with `put_on_list` acts on whatever payments come: a fraudster who knows it can have the shop's own BIN
or the address that a whole mobile network shares put on a blocklist, or fill the lists. The policy says what
is protected and how many entries each list takes from rules in an engine hour; people's own list changes are
not bounded by it. A policy that says nothing bounds nothing: decisions already made stay as they were.
`tollgate publish policy` writes the defaults below into a policy that says nothing.

Invariants
- What is let through depends on the payments before it in order of the log and on the lists as of its own
  place, so cuts and snapshots do not show.
- A value that is on the list already takes no room: renewing an entry cannot keep others out.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final

import msgspec
import numpy as np
import xxhash
from msgspec import Meta
from numpy.typing import NDArray

from models.units import HOUR_MS

PER_HOUR: Final = 1_000
"""The default: a list that people still look through."""

SHARED_NETWORKS: Final = (
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
"""Addresses that many customers share or that mean a misconfigured proxy: private use (RFC 1918, RFC 4193),
carriers' NAT (RFC 6598), loopback and link-local."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Value = Annotated[str, Meta(min_length=1, max_length=128)]
Values = Annotated[tuple[Value, ...], Meta(max_length=1_000)]


@lru_cache(maxsize=16)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Raises ValueError for what is no address or network."""
    try:
        return tuple(ipaddress.ip_network(text) for text in texts)
    except ValueError as error:
        raise ValueError(f"protected ip: {error}; write 203.0.113.7 or 203.0.113.0/24") from None


def _within(value: str, texts: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in _networks(texts))


class ProtectedValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values that no rule may put on a list, by what they are of."""

    card: Values = ()
    """Tokens, as payments have them; so the next ones, but for `bin` and `ip`."""
    customer: Values = ()
    device: Values = ()
    email: Values = ()
    merchant: Values = ()
    bin: Values = ()
    """First digits, 4 to 8: every BIN that begins so."""
    ip: Values = ()
    """Addresses or networks (`203.0.113.0/24`): every address in them."""

    def __post_init__(self) -> None:
        wrong = next((digits for digits in self.bin if not re.fullmatch("[0-9]{4,8}", digits)), None)
        if wrong is not None:
            raise ValueError(f"protected bin {wrong!r}: four to eight digits")
        _networks(self.ip)


class PutLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What rules may put on lists, as a policy has it."""

    per_hour: Annotated[int, Meta(ge=0, le=1_000_000)] = PER_HOUR
    """New entries of one list in one engine hour."""
    protected: ProtectedValues = ProtectedValues(ip=SHARED_NETWORKS)
    """Values that are never put on a list."""

    def protects(self, kind: str, value: str) -> bool:
        """Whether no rule may put this value of `kind` (`card`, `bin`, `ip` ...) on a list."""
        values: tuple[str, ...] = getattr(self.protected, kind)
        if kind == "bin":
            return any(value.startswith(digits) or digits.startswith(value) for digits in values)
        return _within(value, values) if kind == "ip" else value in values


class PutRefusal(StrEnum):
    """Why an entry that a rule asked for was not made."""

    PROTECTED = "protected"
    CAP = "cap"


@dataclass
class PutCounter:
    """New entries that rules made in this engine hour, by list: part of the engine's state."""

    hour: int = -1
    made: dict[str, int] = field(default_factory=dict)
    full: bool = False
    """Whether an entry was refused for want of room in this hour."""

    def takes(self, name: str, time: int, per_hour: int) -> bool:
        """Whether the list has room for another entry at this engine time (ms); it is counted then."""
        if time // HOUR_MS > self.hour:
            self.hour, self.made, self.full = time // HOUR_MS, {}, False
        if self.made.get(name, 0) >= per_hour:
            self.full = True
            return False
        self.made[name] = self.made.get(name, 0) + 1
        return True

    def arrays(self) -> dict[str, NDArray[np.uint8]]:
        """What a snapshot keeps: nothing while no policy bounds the entries, as before it could."""
        if self.hour < 0:
            return {}
        kept = msgspec.json.encode([self.hour, sorted(self.made.items()), self.full])
        return {"made": np.frombuffer(kept, np.uint8)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.uint8]]) -> "PutCounter":
        """The inverse of `arrays`."""
        if "made" not in arrays:
            return cls()
        kept = msgspec.json.decode(arrays["made"].tobytes(), type=tuple[int, list[tuple[str, int]], bool])
        return cls(kept[0], dict(kept[1]), kept[2])

    def logical_hash(self) -> int:
        """64 bits over the state; 0 while nothing was counted."""
        if self.hour < 0:
            return 0
        return int(xxhash.xxh3_64_intdigest(f"{self.hour}{sorted(self.made.items())}{self.full}".encode()))
