"""Item 2, by one who knows how controls are signed: wrong keys, wrong places, wrong times, wrong order."""

import time
from typing import Any

from models.messages.control import Change, Control, RulesetChange
from tests.attacks.attack import attack, demand, fresh
from tests.attacks.insider import keys_of, module, rule, ruleset
from tests.attacks.stage import Stage

REFUSED = "unauthorised"
HOUR_MS = 3_600_000


class Forger:
    """What an attacker has who holds one of the keys: the log, and the rules by which it is read."""

    def __init__(self, stage: Stage) -> None:
        self._keyring = keys_of(stage)
        demand(self._keyring, "controls are not signed at all")
        self._trust = module("models.trust")
        self._messages = module("models.messages")
        log = module("streams.control_plane.log_trust").LogTrust(
            stage.bootstrap, stage.engine, self._keyring.root
        )
        self.state = log.at_end()
        self.engine = stage.engine

    def key(self, role: str) -> Any:
        """A key of this home that has the role."""
        return self._keyring.for_role(self.state.keys, role)[1]

    def file_key(self, name: str) -> Any:
        """The key in a file of this home."""
        return module("streams.keys").read_key(self._keyring.folder / f"{name}.key")

    def value(self, change: Change, key: Any, **changes: Any) -> bytes:
        """A signed control, right in all but `changes`."""
        now = int(time.time() * 1000)
        author = self._trust.key_id(key.public)
        control = Control(fresh("forged-"), now, "mallory", change, "an attack")
        chain = self._trust.chain_of(change, author)
        right = {
            "installation": self.state.keys.root.installation, "engine": self.engine,
            "kind": self._trust.kind_of(change), "author": author,
            "previous": self.state.heads.get(chain), "expires_at": now + HOUR_MS, "control": control,
        }  # fmt: skip
        text = self._trust.statement_text(self._messages.ControlStatement(**(right | changes)))
        sealed: bytes = self._trust.sealed(text, (self._trust.signature_by(key, text),))
        return sealed

    def strangers_key(self, stage: Stage) -> Any:
        """A key that nobody trusts."""
        keys = module("streams.keys")
        folder = stage.home / fresh("stranger-")
        folder.mkdir(mode=0o700)
        keys.new_key(folder, "stranger", "stranger")
        return keys.read_key(next(folder.glob("*.key")))


def change() -> RulesetChange:
    """A ruleset that approves what its author likes."""
    return RulesetChange(ruleset(rule(fresh("mine_"), "amount > 1000 EUR", action="allow")))


@attack(2, "local user", "sign with a key of his own", "a key that nobody trusts signs nothing")
def stranger_signs(stage: Stage) -> str:
    forger = Forger(stage)
    return stage.letter(stage.send("controls", forger.value(change(), forger.strangers_key(stage))), REFUSED)


@attack(2, "rule author", "sign with a key of another role", "a key of lists signs no ruleset")
def wrong_role_signs(stage: Stage) -> str:
    forger = Forger(stage)
    return stage.letter(
        stage.send("controls", forger.value(change(), forger.file_key("list-agent"))), REFUSED
    )


@attack(
    2, "local user", "keep a signed control back until it suits him, or send it elsewhere",
    "one that has expired, or is of another engine or installation, is refused",
)  # fmt: skip
def expired_or_misdirected(stage: Stage) -> str:
    forger = Forger(stage)
    key = forger.key("rules")
    wrong: list[dict[str, Any]] = [
        {"expires_at": int(time.time() * 1000) - HOUR_MS},
        {"expires_at": None},
        {"expires_at": int(time.time() * 1000) + 10_000 * HOUR_MS},
        {"engine": "another"},
        {"installation": "another"},
        {"kind": "list"},
        {"previous": "0" * 64},
        {"previous": None},
    ]
    seen = []
    for each in wrong:
        place = stage.send("controls", forger.value(change(), key, **each))
        seen.append(f"{next(iter(each))}: {stage.letter(place, REFUSED)}")
    return ", ".join(seen)


@attack(2, "local user", "change bytes of a control that was signed", "one changed byte makes it no control")
def tampered_control(stage: Stage) -> str:
    forger = Forger(stage)
    value = forger.value(change(), forger.key("rules"))
    tampered = value.replace(b"amount > 1000 EUR", b"amount > 9000 EUR")
    demand(tampered != value, "there was nothing to change")
    return stage.letter(stage.send("controls", tampered), REFUSED)


@attack(
    2, "operator with his own key only", "publish another root of trust",
    "the root changes by the threshold of the old root and of the new one, or not at all",
)  # fmt: skip
def root_change(stage: Stage) -> str:
    forger = Forger(stage)
    messages = module("models.messages")
    mine = forger.strangers_key(stage)
    old = forger.state.keys
    root = messages.RootOfTrust(old.root.installation, (messages.RootKey("mallory", mine.public),), 1)
    change = messages.TrustChange(old.version + 1, root, old.keys)
    seen = [
        stage.letter(stage.send("controls", forger.value(change, key)), REFUSED)
        for key in (mine, forger.file_key("operator"))
    ]
    return ", ".join(seen)
