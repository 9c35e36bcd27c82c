"""The keys of a host: made once, for its owner only, and never shown."""

import stat
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from models.messages import ListChange, Role, RulesetChange, SecondSignature, TrustChange
from models.messages.control import Change, Control
from models.trust import TrustState, key_id, root_fingerprint, sign, verify
from streams.cli import main
from streams.commands.publish import AUTHOR
from streams.control_plane.key_changes import with_keys, with_root, with_second_signature, without_key
from streams.control_plane.log_trust import opened
from streams.control_plane.signing import ControlSigner, SignatureMissing, with_signature
from streams.errors import Misconfigured
from streams.keys import Keyring, ensure_local_keys, first_keys, keyring_of, new_key, read_key, read_waiting
from streams.keys.key_files import read_public
from streams.keys.keyring import OPERATOR_FILE, key_to_sign_with, root_of_files
from streams.settings import Settings

ALLOWING = RulesetChange({"name": "r", "rules": [{"action": "allow"}]})
NAMES = {"root", "operator", "engine", "list-agent"}
MILD = RulesetChange({"name": "r", "rules": []})


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLGATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def keyring(home: Path) -> Keyring:
    made = ensure_local_keys(Settings(home=home))
    assert made is not None
    return made


def control(change: Change) -> Control:
    return Control("c", 0, "typed", change, "why")


def state_of(keyring: Keyring, *changes: TrustChange) -> TrustState:
    """A log on which these keys came."""
    state = TrustState("live")
    state.pin(root_fingerprint(keyring.root), 0)
    ControlSigner(state, keyring).values([control(change) for change in (first_keys(keyring), *changes)])
    return state


def test_a_laptops_keys_are_made_once_and_for_their_owner_only(home: Path, keyring: Keyring) -> None:
    assert {path.stem for path in keyring.folder.glob("*.key")} == {
        "root",
        "operator",
        "engine",
        "list-agent",
    }
    for path in keyring.folder.glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keyring.folder.stat().st_mode) == 0o700
    assert ensure_local_keys(Settings(home=home)) == keyring == keyring_of(Settings(home=home))


def test_a_start_that_was_killed_while_keys_were_made_is_gone_on_with(home: Path, keyring: Keyring) -> None:
    (keyring.folder / "root.json").unlink()
    (keyring.folder / "operator.key").unlink()
    (keyring.folder / "operator.pub").unlink()
    again = ensure_local_keys(Settings(home=home))
    assert again is not None
    assert again.root.keys == keyring.root.keys
    assert again.is_complete


def test_in_production_nothing_is_made_up(home: Path) -> None:
    assert ensure_local_keys(Settings(home=home, profile="production")) is None
    assert not (home / "keys").exists()


def test_a_key_that_others_may_read_is_refused(keyring: Keyring) -> None:
    path = keyring.folder / "operator.key"
    path.chmod(0o640)
    with pytest.raises(Misconfigured, match="can be read by others"):
        read_key(path)


def test_a_key_file_is_never_overwritten_and_never_shown(tmp_path: Path) -> None:
    public = new_key(tmp_path / "keys", "ana", "Ana")
    key = read_key(tmp_path / "keys" / "ana.key")
    assert verify(public.key, sign(key, b"x"), b"x")
    assert read_public(tmp_path / "keys" / "ana.pub") == public
    with pytest.raises(Misconfigured, match="never overwritten"):
        new_key(tmp_path / "keys", "ana", "Ana")
    broken = tmp_path / "keys" / "broken.key"
    broken.write_bytes(b"-----BEGIN secret")
    broken.chmod(0o600)
    with pytest.raises(Misconfigured) as caught:
        read_key(broken)
    assert "secret" not in str(caught.value)


def test_what_is_published_is_signed_by_the_operator_and_says_so(keyring: Keyring) -> None:
    signer = ControlSigner(state_of(keyring), keyring)
    values = signer.values([control(MILD), control(ListChange("blocked_bins", "411111"))])
    for value in values:
        found, envelope = opened(value)
        assert envelope is not None
        assert found.author == read_public(keyring.folder / "operator.pub").name
    again = state_of(keyring)
    for value in values:
        found, envelope = opened(value)
        again.admit(found, envelope, envelope.statement.expires_at or 0)  # type: ignore[union-attr]


def test_tools_refuse_to_read_what_the_engine_refuses(keyring: Keyring) -> None:
    (value,) = ControlSigner(state_of(keyring), keyring).values([control(MILD)])
    twice = value.replace(b'"type":', b'"type":"signed_control","type":', 1)
    nested = value[:-1] + b',"x":' + b"[" * 200 + b"]" * 200 + b"}"
    for wrong in (twice, nested, value.replace(b"why", b"4111111111111111"), b"{}", b"?"):
        with pytest.raises(Misconfigured):
            opened(wrong)
    assert opened(value)[0].reason == "why"


def test_what_this_host_may_not_sign_is_not_published(keyring: Keyring) -> None:
    names = [each.name for each in first_keys(keyring).keys if Role.RULES in each.roles]
    without = without_key(names[0])(first_keys(keyring))
    state = state_of(keyring, msgspec.structs.replace(without, version=2))
    with pytest.raises(Misconfigured, match="takes the role rules"):
        ControlSigner(state, keyring).values([control(MILD)])


def test_two_people_sign_through_a_file(keyring: Keyring, tmp_path: Path) -> None:
    ben = new_key(tmp_path / "ben", "ben", "Ben")
    mine = first_keys(keyring).keys[0]
    second = msgspec.structs.replace(mine, name="Ben", key=ben.key)
    two = with_second_signature(SecondSignature(allow_rules=True))(first_keys(keyring))
    keys = with_keys([second])(two)
    state = state_of(keyring, msgspec.structs.replace(keys, version=2))
    with pytest.raises(SignatureMissing, match="keys sign"):
        ControlSigner(state, keyring).values([control(MILD), control(ALLOWING)])
    (path,) = keyring.waiting.iterdir()
    waiting = read_waiting(path)
    key = key_to_sign_with(tmp_path / "ben", "", waiting)
    complete = [with_signature(with_signature(envelope, key), key) for envelope in waiting]
    fresh = state_of(keyring, msgspec.structs.replace(keys, version=2))
    for envelope in complete:
        expires_at = envelope.statement.expires_at or 0
        signers = fresh.admit(envelope.statement.control, envelope, expires_at)
        assert signers[1] == key_id(ben.key)


def test_new_roots_need_the_holders_of_both(keyring: Keyring, tmp_path: Path) -> None:
    for name in ("one", "two"):
        new_key(tmp_path / name, name, name)
    files = [tmp_path / name / f"{name}.pub" for name in ("one", "two")]
    change = with_root(root_of_files(files, 2, "x"))(first_keys(keyring))
    change = msgspec.structs.replace(change, version=2)
    assert change.root.installation == keyring.root.installation
    with pytest.raises(SignatureMissing):
        state_of(keyring, change)
    (path,) = keyring.waiting.iterdir()
    envelopes = read_waiting(path)
    for name in ("one", "two"):
        key = key_to_sign_with(tmp_path / name, "", envelopes)
        envelopes = [with_signature(envelope, key) for envelope in envelopes]
    state = TrustState("live")
    state.pin(root_fingerprint(keyring.root), 0)
    for envelope in envelopes:
        state.admit(envelope.statement.control, envelope, envelope.statement.expires_at or 0)
    assert state.keys == change


def test_commands_make_and_show_keys(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def tollgate(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["keys", *arguments])
        assert ended.value.code == 0, capsys.readouterr().err
        return capsys.readouterr().out

    for name in ("ana", "ben", "cem"):
        assert "private key" in tollgate("new", f"root-{name}", "--holder", name)
    files = [str(home / "keys" / f"root-{name}.pub") for name in ("ana", "ben", "cem")]
    roots = [word for file in files for word in ("--root", file)]
    said = tollgate("init", *roots, "--threshold", "2", "--installation", "bank-1")
    assert "of bank-1" in said
    assert "2 of ana, ben, cem" in said
    keyring = keyring_of(Settings(home=home))
    assert keyring is not None
    assert root_fingerprint(keyring.root) in tollgate("show")
    assert not keyring.is_complete
    secrets = [path.read_text().splitlines()[1] for path in (home / "keys").glob("*.key")]
    assert not any(secret in said for secret in secrets)


def test_a_further_key_does_not_change_who_signs(keyring: Keyring) -> None:
    new_key(keyring.folder, "dora", "Dora")
    assert next(keyring._keys()).public == read_key(keyring.folder / OPERATOR_FILE).public


def test_only_keys_that_could_sign_are_offered(keyring: Keyring) -> None:
    two = with_second_signature(SecondSignature(allow_rules=True))(first_keys(keyring))
    state = state_of(keyring, msgspec.structs.replace(two, version=2))
    with pytest.raises(SignatureMissing):
        ControlSigner(state, keyring).values([control(ALLOWING)])
    (path,) = keyring.waiting.iterdir()
    waiting = read_waiting(path)
    with pytest.raises(Misconfigured, match=r"no key in .* could sign that has not signed yet"):
        key_to_sign_with(keyring.folder, "", waiting, keyring.root)
    ben = new_key(keyring.folder, "ben", "Ben")
    assert key_to_sign_with(keyring.folder, "", waiting, keyring.root).public == ben.key
    new_key(keyring.folder, "cem", "Cem")
    with pytest.raises(Misconfigured, match="one of ben, cem;"):
        key_to_sign_with(keyring.folder, "", waiting, keyring.root)


def test_what_waits_is_found_by_its_name_and_removed_once_published(
    home: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    two = with_second_signature(SecondSignature(allow_rules=True))(first_keys(keyring))
    state = state_of(keyring, msgspec.structs.replace(two, version=2))
    with pytest.raises(SignatureMissing):
        ControlSigner(state, keyring).values([control(ALLOWING)])
    (path,) = keyring.waiting.iterdir()
    with pytest.raises(SystemExit):
        main(["keys", "sign", "nothing.jsonl"])
    assert f"there wait: {path.name}" in capsys.readouterr().err
    new_key(keyring.folder, "ben", "Ben")
    with pytest.raises(SystemExit, match="0"):
        main(["keys", "sign", path.name, "--yes"])
    assert len(read_waiting(path)[0].signatures) == 2
    copy = home / "copy.jsonl"
    copy.write_bytes(path.read_bytes())
    monkeypatch.setattr("streams.control_plane.publish_signed", lambda *_: ("live", [7]))
    with pytest.raises(SystemExit, match="0"):
        main(["keys", "publish", str(copy)])
    assert copy.exists()
    with pytest.raises(SystemExit, match="0"):
        main(["keys", "publish", path.stem])
    assert not path.exists()
    assert "is removed" in capsys.readouterr().out


def test_an_author_that_does_not_count_is_said(home: Path) -> None:
    @click.command()
    @AUTHOR
    def publishing(author: str) -> None:
        click.echo(f"by {author}")

    def notes(*arguments: str) -> str:
        return CliRunner().invoke(publishing, arguments).stderr

    assert notes("--author", "ana") == ""
    assert ensure_local_keys(Settings(home=home)) is not None
    assert "--author ana counts only on an engine that trusts no keys" in notes("--author", "ana")
    assert notes() == ""
